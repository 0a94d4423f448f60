// Says that it ran. SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

int main(void) {
    puts("answer 42");
    return 0;
}

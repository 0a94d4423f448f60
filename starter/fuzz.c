// SPDX-License-Identifier: Apache-2.0
/* Mutates sample plans for a number of seconds and feeds the plan reader, where there is no libFuzzer. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

enum { LONGEST = 1 << 16 };

static size_t mutate(uint8_t *bytes, size_t length) {
    static const char *const words[] = {"${HOME}", "\\", "\t", "\n", "$", "${", "bind\t", "exec\t", "\n#", "env-hold\n"};
    for (int changes = 1 + rand() % 4; changes > 0 && length > 0; changes--) {
        size_t at = (size_t)rand() % length;
        const char *word = words[(size_t)rand() % (sizeof words / sizeof *words)];
        switch (rand() % 4) {
        case 0:
            bytes[at] = (uint8_t)rand();
            break;
        case 1:
            length = at;
            break;
        case 2:
            memmove(bytes + at, bytes + at + 1, length - at - 1);
            length--;
            break;
        default:
            if (length + strlen(word) < LONGEST) {
                memmove(bytes + at + strlen(word), bytes + at, length - at);
                memcpy(bytes + at, word, strlen(word));
                length += strlen(word);
            }
        }
    }
    return length;
}

int main(int count, char **words) {
    time_t end = time(NULL) + (count > 1 ? atol(words[1]) : 60);
    uint8_t *bytes = malloc(LONGEST);
    unsigned long runs = 0;
    srand((unsigned)time(NULL));
    while (bytes != NULL && count > 2 && time(NULL) < end)
        for (int i = 2; i < count; i++) {
            FILE *sample = fopen(words[i], "r");
            if (sample == NULL)
                continue;
            size_t length = fread(bytes, 1, LONGEST, sample);
            fclose(sample);
            for (int round = 0; round < 100; round++, runs++) {
                length = mutate(bytes, length);
                /* A copy of its exact size, so that the sanitizer sees a read behind its end. */
                uint8_t *exact = malloc(length + (length == 0));
                if (exact == NULL)
                    return 1;
                memcpy(exact, bytes, length);
                LLVMFuzzerTestOneInput(exact, length);
                free(exact);
            }
        }
    printf("%lu plans\n", runs);
    free(bytes);
    return runs == 0;
}

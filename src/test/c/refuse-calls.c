// Runs a command under a seccomp filter that answers some system calls with one error, as container runtimes did that
// did not know them. SPDX-License-Identifier: Apache-2.0
//
//     refuse-calls EPERM|ENOSYS NUMBER[,NUMBER…] COMMAND [ARGUMENT…]
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { MOST = 32 };

int main(int argc, char **argv) {
    struct sock_filter filter[2 * MOST + 2];
    unsigned short length = 0;
    if (argc < 4) {
        fputs("usage: refuse-calls EPERM|ENOSYS NUMBER[,NUMBER...] COMMAND [ARGUMENT...]\n", stderr);
        return 2;
    }
    unsigned error = strcmp(argv[1], "EPERM") == 0 ? EPERM : ENOSYS;
    filter[length++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (char *word = strtok(argv[2], ","); word != NULL && length < 2 * MOST; word = strtok(NULL, ",")) {
        unsigned number = (unsigned)strtoul(word, NULL, 10);
        filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
        filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
    }
    filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {.len = length, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        perror("refuse-calls: prctl");
        return 2;
    }
    execvp(argv[3], argv + 3);
    perror(argv[3]);
    return 127;
}

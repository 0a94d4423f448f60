// SPDX-License-Identifier: Apache-2.0
/* A rank of a program, for JoiningIT: static, so that an image needs nothing else.
 *
 *     rank hold             tells of itself in one line, then waits until its standard input ends
 *     rank read PID WHERE   copies eight bytes out of another process, as MPI does
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char secret[8] = "meeting";

int main(int count, char **words) {
    if (count > 3 && strcmp(words[1], "read") == 0) {
        char seen[8] = "";
        struct iovec mine = {seen, sizeof seen}, other = {(void *)strtoul(words[3], NULL, 16), sizeof seen};
        if (process_vm_readv(atoi(words[2]), &mine, 1, &other, 1, 0) < 0)
            puts(strerrorname_np(errno));
        else
            puts(seen);
        return 0;
    }
    char user[64] = "", mounts[64] = "", directory[4096] = "", byte;
    const char *name = getenv("NAME");
    mode_t mask = umask(0);
    if (readlink("/proc/self/ns/user", user, sizeof user - 1) < 0 || readlink("/proc/self/ns/mnt", mounts, sizeof mounts - 1) < 0 ||
        getcwd(directory, sizeof directory) == NULL)
        return 1;
    printf("%s %s %d %lx %03o %s %d %s\n", user, mounts, getpid(), (unsigned long)secret, mask, directory, getuid(),
           name != NULL ? name : "-");
    fflush(stdout);
    while (read(0, &byte, 1) > 0)
        ;
    return 0;
}

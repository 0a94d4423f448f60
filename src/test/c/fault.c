// Programs and libraries with one thing about them that some node or C library refuses. Which one is made depends on
// the macro: a library (LIBRARY, with NEWER_KERNEL or EXECUTABLE_STACK), a program that needs or opens such a library
// (LINKED, OPENED), or one that starts a thread. SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#ifdef NEWER_KERNEL
// The note of csu/abi-note.c in glibc, with a kernel that no machine has yet.
__asm__(".pushsection .note.ABI-tag, \"a\", %note\n"
        ".balign 4\n"
        ".long 4, 16, 1\n"
        ".asciz \"GNU\"\n"
        ".long 0, 99, 0, 0\n"
        ".popsection\n");
#endif
#ifdef EXECUTABLE_STACK
__asm__(".pushsection .note.GNU-stack, \"x\", %progbits\n.popsection\n");
#endif

#if defined(LIBRARY)
int answer(void);
int answer(void) { return 42; }
#elif defined(LINKED)
int answer(void);
int main(void) {
    printf("answer %d\n", answer());
    return 0;
}
#elif defined(OPENED)
int main(void) {
    void *library = dlopen(OPENED, RTLD_NOW);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    puts("answer 42");
    return 0;
}
#else
static void *work(void *argument) { return argument; }
int main(void) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, work, NULL);
    if (error != 0) {
        fprintf(stderr, "pthread_create: %d\n", error);
        return 1;
    }
    pthread_join(thread, NULL);
    puts("answer 42");
    return 0;
}
#endif

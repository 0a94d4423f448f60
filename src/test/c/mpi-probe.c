// What an MPI library made of its surroundings: every rank prints one line, and ranks 0 and 1 pass a message to and
// fro that is long enough for a single copy between processes (CMA). SPDX-License-Identifier: Apache-2.0
//
//     rank 0 of 2 on node1 pid 4711 library Open MPI v4.1.4
//     exchanged 4194304 bytes
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LENGTH = 4 << 20 };

static void exchange(int rank) {
    unsigned char *sent = malloc(LENGTH), *got = malloc(LENGTH);
    if (sent == NULL || got == NULL)
        MPI_Abort(MPI_COMM_WORLD, 3);
    for (int i = 0; i < LENGTH; i++)
        sent[i] = (unsigned char)(i * 31 + 7);
    memset(got, 0, LENGTH);
    if (rank == 0) {
        MPI_Send(sent, LENGTH, MPI_BYTE, 1, 1, MPI_COMM_WORLD);
        MPI_Recv(got, LENGTH, MPI_BYTE, 1, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        if (memcmp(sent, got, LENGTH) != 0) {
            fputs("the message came back changed\n", stderr);
            MPI_Abort(MPI_COMM_WORLD, 4);
        }
        printf("exchanged %d bytes\n", LENGTH);
    } else {
        MPI_Recv(got, LENGTH, MPI_BYTE, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        MPI_Send(got, LENGTH, MPI_BYTE, 0, 2, MPI_COMM_WORLD);
    }
    free(sent);
    free(got);
}

int main(int argc, char **argv) {
    int rank, size, length;
    char library[MPI_MAX_LIBRARY_VERSION_STRING], node[MPI_MAX_PROCESSOR_NAME];
    if (MPI_Init(&argc, &argv) != MPI_SUCCESS)
        return 2;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Get_processor_name(node, &length);
    MPI_Get_library_version(library, &length);
    for (char *at = library; *at != '\0'; at++)
        if (*at == '\t')
            *at = ' ';
    library[strcspn(library, ",\n")] = '\0';
    printf("rank %d of %d on %s pid %d library %s\n", rank, size, node, (int)getpid(), library);
    fflush(stdout);
    if (size > 1 && rank < 2)
        exchange(rank);
    MPI_Finalize();
    return 0;
}

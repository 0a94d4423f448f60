// A parallel program that takes its time between MPI_Init and MPI_Finalize, as real ones do: argument 1 is how many
// seconds. Declares what it uses, for there are no headers where only the libraries are. SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef MPICH
typedef int communicator;
#define WORLD 0x44000000
#else
typedef void *communicator;
extern char ompi_mpi_comm_world[];
#define WORLD ((communicator)ompi_mpi_comm_world)
#endif

int MPI_Init(int *, char ***);
int MPI_Comm_rank(communicator, int *);
int MPI_Comm_size(communicator, int *);
int MPI_Barrier(communicator);
int MPI_Finalize(void);

int main(int argc, char **argv) {
    int rank, size;
    if (MPI_Init(&argc, &argv) != 0)
        return 2;
    MPI_Comm_rank(WORLD, &rank);
    MPI_Comm_size(WORLD, &size);
    MPI_Barrier(WORLD);
    printf("rank %d of %d\n", rank, size);
    fflush(stdout);
    sleep(argc > 1 ? (unsigned)atoi(argv[1]) : 0);
    MPI_Barrier(WORLD);
    puts("stayed to the end");
    return MPI_Finalize();
}

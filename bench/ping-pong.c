/* SPDX-License-Identifier: Apache-2.0
 * ping-pong: two ranks, half the round trip of one message for each size from 1 byte to 4 MiB, and how many messages of
 * 8 bytes a second go one way with 64 under way. A line each: size or "rate", then seconds or messages a second: the
 * best of several short rounds, because other processes take the processor away. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 4 << 20, ROUNDS = 8, WINDOW = 64 };

static int rank;

static double trip(char *bytes, int size, int times) {
    double begin = MPI_Wtime();
    for (int i = 0; i < times; i++) {
        if (rank == 0) {
            MPI_Send(bytes, size, MPI_CHAR, 1, 0, MPI_COMM_WORLD);
            MPI_Recv(bytes, size, MPI_CHAR, 1, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        } else {
            MPI_Recv(bytes, size, MPI_CHAR, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            MPI_Send(bytes, size, MPI_CHAR, 0, 0, MPI_COMM_WORLD);
        }
    }
    return (MPI_Wtime() - begin) / times / 2;
}

static double rate(char *bytes, int times) {
    MPI_Request requests[WINDOW];
    double begin = MPI_Wtime();
    for (int i = 0; i < times; i++) {
        for (int j = 0; j < WINDOW; j++) {
            if (rank == 0)
                MPI_Isend(bytes + 8 * j, 8, MPI_CHAR, 1, 0, MPI_COMM_WORLD, &requests[j]);
            else
                MPI_Irecv(bytes + 8 * j, 8, MPI_CHAR, 0, 0, MPI_COMM_WORLD, &requests[j]);
        }
        MPI_Waitall(WINDOW, requests, MPI_STATUSES_IGNORE);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    return times * WINDOW / (MPI_Wtime() - begin);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    char *bytes = malloc(LARGEST);
    if (bytes == NULL)
        MPI_Abort(MPI_COMM_WORLD, 1);
    memset(bytes, rank, LARGEST);
    for (int size = 1; size <= LARGEST; size *= 4) {
        int times = size < 4096 ? 200 : size < 262144 ? 50 : 5;
        double best = trip(bytes, size, times);
        for (int round = 1; round < ROUNDS; round++) {
            double seconds = trip(bytes, size, times);
            best = seconds < best ? seconds : best;
        }
        if (rank == 0)
            printf("%d %.9f\n", size, best);
    }
    double most = 0;
    for (int round = 0; round < ROUNDS; round++) {
        double now = rate(bytes, 50);
        most = now > most ? now : most;
    }
    if (rank == 0)
        printf("rate %.0f\n", most);
    free(bytes);
    MPI_Finalize();
    return 0;
}

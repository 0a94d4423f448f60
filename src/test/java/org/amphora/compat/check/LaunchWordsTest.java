// SPDX-License-Identifier: Apache-2.0
package org.amphora.compat.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LaunchWordsTest {

    @ParameterizedTest
    @CsvSource({
        "srun --mpi=pmix -n 2,            srun,   pmix, 2, -1",
        "srun --mpi pmi2 -n2,             srun,   pmi2, 2, -1",
        "/usr/bin/srun -N 2 --ntasks-per-node=8, srun, '', 16, 2",
        "sbatch -N4,                      sbatch, '',   4, 4",
        "sbatch --nodes=2-4,              sbatch, '',   2, 2",
        "mpirun -np 4 --map-by core,      mpirun, '',   4, -1",
        "-n 3,                            '',     '',   3, -1",
        "flux run -n 8,                   flux,   '',   8, -1",
        "srun --comment='-n 9' -n 2,      srun,   '',   2, -1",
        "srun -n x,                       srun,   '',  -1, -1",
        "srun -n 99999999999,             srun,   '',  -1, -1",
        "srun -n,                         srun,   '',  -1, -1",
        "'',                              '',     '',  -1, -1"
    })
    void readsWhatTheUserWouldType(String text, String program, String mpi, int ranks, int nodes) {
        LaunchWords words = LaunchWords.parse(text);
        assertThat(words.program()).isEqualTo(program);
        assertThat(words.mpiType().orElse("")).isEqualTo(mpi);
        assertThat(words.ranks().orElse(-1)).isEqualTo(ranks);
        assertThat(words.nodes().orElse(-1)).isEqualTo(nodes);
    }

    @Test
    void manyNodesDoNotOverflow() {
        LaunchWords words = LaunchWords.parse("srun -N 999999999 --ntasks-per-node=999999999");
        assertThat(words.ranks()).hasValue(Integer.MAX_VALUE);
    }

    @Test
    void knowsWhetherGpusAreAskedFor() {
        assertThat(LaunchWords.parse("sbatch --gres=gpu:2").gpus()).isTrue();
        assertThat(LaunchWords.parse("sbatch -n 2").gpus()).isFalse();
    }
}

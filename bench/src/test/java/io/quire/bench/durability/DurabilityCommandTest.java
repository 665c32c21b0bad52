/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.durability;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.compare.CsvFile;
import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DurabilityCommandTest {
    @TempDir
    private Path directory;

    @Test
    void shouldMeasureCheckpointsAndRestart() throws IOException {
        final Path out = directory.resolve("out");

        final int exitCode = new CommandLine(new DurabilityCommand())
                .execute(
                        "--peers=quire",
                        "--gib=0.001",
                        "--changed=1,10",
                        "--repeats=1",
                        "--seconds=1",
                        "--rate=10000",
                        "--forks=1",
                        "--no-pin",
                        "--data=" + directory,
                        "--out=" + out);

        assertThat(exitCode).isZero();
        final List<Message> checkpoints = CsvFile.read(out.resolve("checkpoints.csv"));
        assertThat(checkpoints.stream().map(row -> row.text("kind") + " " + row.text("changedShare")))
                .containsExactly("full 1.0", "incremental 0.01", "meanwhile 0.01", "incremental 0.1", "meanwhile 0.1");
        assertThat(Long.parseLong(checkpoints.get(1).text("fileBytes")))
                .isLessThan(Long.parseLong(checkpoints.get(0).text("fileBytes")));
        final List<Message> restarts = CsvFile.read(out.resolve("restarts.csv"));
        assertThat(restarts).hasSize(1);
        assertThat(restarts.get(0).text("found")).isEqualTo("true");
        assertThat(out.resolve("durability-time.svg")).exists();
    }
}

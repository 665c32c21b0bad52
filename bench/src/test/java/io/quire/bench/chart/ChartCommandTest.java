/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.bench.compare.CsvFile;
import io.quire.bench.contestant.Message;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ChartCommandTest {
    @TempDir
    private Path directory;

    private int draw() {
        return new CommandLine(new ChartCommand()).execute(directory.toString());
    }

    private void assertPictures(final String name) throws IOException {
        assertThat(Files.readString(directory.resolve(name + ".svg")))
                .contains("<svg")
                .contains("</svg");
        try (InputStream in = Files.newInputStream(directory.resolve(name + ".png"))) {
            assertThat(ImageIO.read(in).getWidth()).isGreaterThan(500);
        }
    }

    private static Message summary(final String peer, final String work, final double ns) {
        return new Message()
                .with("shape", "long-long")
                .with("entries", 1000)
                .with("keys", "uniform")
                .with("work", work)
                .with("peer", peer)
                .with("nsLowerQuartile", ns * 0.9)
                .with("nsMedian", ns)
                .with("nsUpperQuartile", ns * 1.1);
    }

    @Test
    void shouldDrawAComparison() throws IOException {
        Files.writeString(directory.resolve("result.json"), "{\"kind\":\"compare\"}");
        CsvFile.write(
                directory.resolve("summary.csv"),
                List.of(
                        summary("quire", "get", 38),
                        summary("quire", "put", 45),
                        summary("rocksdb", "get", 2083),
                        summary("rocksdb", "put", 2477),
                        summary("agrona", "get", 51)));

        assertThat(draw()).isZero();

        assertPictures("compare-long-long-1000-uniform");
    }

    @Test
    void shouldDrawADurabilityRun() throws IOException {
        Files.writeString(directory.resolve("result.json"), "{\"kind\":\"durability\"}");
        final List<Message> checkpoints = new ArrayList<>();
        final List<Message> restarts = new ArrayList<>();
        for (final String peer : List.of("quire", "rocksdb")) {
            for (final long length : new long[] {1L << 30, 2L << 30}) {
                for (final double share : new double[] {0.001, 0.01, 1}) {
                    checkpoints.add(new Message()
                            .with("peer", peer)
                            .with("stateLength", length)
                            .with("kind", "incremental")
                            .with("changedShare", share)
                            .with("durationMs", 100 * share * length / 1e9)
                            .with("settledDeviceWriteBytes", share * length));
                }
                restarts.add(new Message()
                        .with("peer", peer)
                        .with("stateLength", length)
                        .with("openToFirstGetMs", peer.length()));
            }
        }
        CsvFile.write(directory.resolve("checkpoints.csv"), checkpoints);
        CsvFile.write(directory.resolve("restarts.csv"), restarts);

        assertThat(draw()).isZero();

        assertPictures("durability-time");
        assertPictures("durability-bytes");
        assertPictures("durability-restart");
    }

    @Test
    void shouldSayWhenThereAreNoResults() {
        assertThat(draw()).isEqualTo(2);
    }
}

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
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
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

    private static Message growth(final String kind, final int repeat, final String interval) {
        return new Message()
                .with("kind", kind)
                .with("repeat", repeat)
                .with("interval", interval)
                .with("entries", interval.equals("all") ? 3_000_000 : 1_000_000 * Integer.parseInt(interval))
                .with("maxUs", 250.5)
                .with("idleMaxUs", 31);
    }

    private static Message churn(final String kind, final int turnovers) {
        return new Message()
                .with("kind", kind)
                .with("turnovers", turnovers)
                .with("nsPerPair", 200 + turnovers)
                .with("bytesPerEntry", 27.5);
    }

    @Test
    void shouldDrawTrialsOfTables() throws IOException {
        Files.writeString(directory.resolve("result.json"), "{\"kind\":\"tables\"}");
        final List<Message> growth = new ArrayList<>();
        for (final String kind : List.of("long-long", "bytes-20-200")) {
            for (int repeat = 1; repeat <= 2; repeat++) {
                for (final String interval : List.of("1", "2", "3", "all")) {
                    growth.add(growth(kind, repeat, interval));
                }
            }
        }
        CsvFile.write(directory.resolve("growth.csv"), growth);
        CsvFile.write(
                directory.resolve("churn.csv"),
                List.of(churn("long-long", 0), churn("long-long", 1), churn("long-long", 2), churn("fixed-100", 1)));

        assertThat(draw()).isZero();

        assertPictures("tables-growth-long-long");
        assertPictures("tables-growth-bytes-20-200");
        assertPictures("tables-churn-ns");
        assertPictures("tables-churn-bytes");
        final XYChart chart = TablesCharts.growth("long-long", growth.subList(0, 8));
        assertThat(chart.getSeriesCollection())
                .extracting(XYSeries::getName)
                .containsExactlyInAnyOrder("put 1", "idle 1", "put 2", "idle 2");
        assertThat(chart.getSeriesCollection())
                .as("without the whole run")
                .allSatisfy(series -> assertThat(series.getXData()).containsExactly(1, 2, 3));
    }

    @Test
    void shouldDrawOnlyTheTrialsThatWereMade() throws IOException {
        Files.writeString(directory.resolve("result.json"), "{\"kind\":\"tables\"}");
        CsvFile.write(directory.resolve("readers.csv"), List.of(new Message().with("kind", "long-long")));

        assertThat(draw()).isZero();

        assertThat(directory.resolve("tables-churn-ns.svg")).doesNotExist();
    }

    @Test
    void shouldSayWhenThereAreNoResults() {
        assertThat(draw()).isEqualTo(2);
    }
}

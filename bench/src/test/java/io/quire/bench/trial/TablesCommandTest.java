/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.trial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.quire.bench.compare.CsvFile;
import io.quire.bench.contestant.Message;
import io.quire.bench.contestant.ScratchDirectory;
import io.quire.bench.work.KeySpace;
import io.quire.checkpoint.DurableStateStore;
import io.quire.store.StoreReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

class TablesCommandTest {
    private static final int ENTRIES = 2_000;

    @TempDir
    private Path directory;

    @Test
    void shouldMakeAllTrials() throws IOException {
        final Path out = directory.resolve("out");
        assertThat(run(out)).isZero();

        final List<Message> churn = CsvFile.read(out.resolve("churn.csv"));
        assertThat(churn.stream().map(row -> row.text("kind") + " " + row.text("turnovers")))
                .containsExactly(
                        "long-long 0",
                        "long-long 1",
                        "long-long 2",
                        "long-long 3",
                        "bytes-20-200 0",
                        "bytes-20-200 1",
                        "bytes-20-200 2",
                        "bytes-20-200 3");
        for (final Message row : churn) {
            assertThat(Double.parseDouble(row.text("nsPerPair"))).isPositive();
            assertThat(Long.parseLong(row.text("extents"))).isPositive();
            assertThat(Double.parseDouble(row.text("bytesPerEntry"))).isGreaterThan(16);
            assertThat(Double.parseDouble(row.text("freeShare"))).isBetween(0.0, 1.0);
        }

        final List<Message> growth = CsvFile.read(out.resolve("growth.csv"));
        assertThat(growth.stream().filter(row -> row.text("interval").equals("all")))
                .hasSize(4)
                .allSatisfy(row -> {
                    assertThat(row.text("entries")).isEqualTo("10001");
                    assertThat(Double.parseDouble(row.text("maxUs")))
                            .isGreaterThanOrEqualTo(Double.parseDouble(row.text("p99.99Us")));
                    assertThat(Double.parseDouble(row.text("idleMaxUs"))).isPositive();
                });
        assertThat(growth).hasSize(4 * 51);

        final List<Message> readers = CsvFile.read(out.resolve("readers.csv"));
        assertThat(readers).hasSize(2 * 2 * 3 * 2);
        for (final Message row : readers) {
            if (row.text("company").equals("alone")) {
                assertThat(row.text("readNs")).isEqualTo("0.0");
            } else {
                assertThat(Double.parseDouble(row.text("readNs"))).isPositive();
                assertThat(Double.parseDouble(row.text("foundShare"))).isPositive();
            }
        }
        assertThat(Files.readString(out.resolve("result.json"))).contains("\"tables\"");
    }

    @Test
    void shouldResumeAnInterruptedRun() throws IOException {
        final Path out = directory.resolve("out");
        assertThat(run(out)).isZero();
        final String churn = Files.readString(out.resolve("churn.csv"));
        final String growth = Files.readString(out.resolve("growth.csv"));
        final Path units = out.resolve("units.jsonl");
        final List<String> lines = Files.readAllLines(units);
        assertThat(lines).hasSize(8);
        // As if it had been killed while the last growth was written.
        Files.writeString(
                units,
                String.join("\n", lines.subList(0, 6)) + "\n" + lines.get(6).substring(0, 20));

        assertThat(run(out)).isZero();

        assertThat(Files.readString(out.resolve("churn.csv"))).isEqualTo(churn);
        assertThat(Files.readString(out.resolve("growth.csv"))).isNotEqualTo(growth);
        assertThat(Files.readAllLines(units))
                .hasSize(8)
                .startsWith(lines.subList(0, 6).toArray(String[]::new));
        assertThat(run(out, "--turnovers=4")).as("another plan").isNotZero();
    }

    /** A trial that could not tell a wrong value would show nothing. */
    @ParameterizedTest
    @EnumSource(TableKind.class)
    void shouldTellAWrongValue(final TableKind kind) {
        final long right = KeySpace.keyOf(1);
        final long wrong = KeySpace.keyOf(2);
        try (ScratchDirectory scratch = ScratchDirectory.in(directory);
                DurableStateStore store = DurableStateStore.open(scratch.empty("store"))) {
            final TrialTable table = kind.create(store);
            table.put(right);
            damage(kind, store, wrong);
            try (StoreReader reader = store.reader()) {
                for (final TrialLookup lookup : List.of(table, table.lookup(reader))) {
                    assertThat(lookup.get(right)).isTrue();
                    assertThat(lookup.get(KeySpace.keyOf(3))).isFalse();
                    assertThatIllegalStateException()
                            .isThrownBy(() -> lookup.get(wrong))
                            .withMessage("a wrong value was read: key=" + wrong);
                }
            }
            table.remove(right);
            assertThat(table.get(right)).isFalse();
            assertThat(table.size()).isOne();
        }
    }

    /** Gives a key a value that is not its own. */
    private static void damage(final TableKind kind, final DurableStateStore store, final long number) {
        final UnsafeBuffer key = new UnsafeBuffer(new byte[Long.BYTES]);
        key.putLong(0, number, ByteOrder.LITTLE_ENDIAN);
        final UnsafeBuffer value = new UnsafeBuffer(new byte[100]);
        switch (kind) {
            case LONG_LONG -> store.longLongState(TrialTable.STATE).put(number, number);
            case FIXED_100 ->
                store.fixedBytesState(TrialTable.STATE, Long.BYTES, 100).put(key, 0, value, 0);
            default -> store.bytesState(TrialTable.STATE).put(key, 0, Long.BYTES, value, 0, 100);
        }
    }

    @Test
    void shouldRefuseOptionsThatMakeNoSense() {
        refuses("--trials must be one of [churn, growth, readers]: found=thrash", "--trials=thrash");
        refuses("--trials names one twice: found=churn", "--trials=churn,churn");
        refuses("no such kind of table: found=long", "--kinds=long");
        refuses("--kinds names one twice: found=long-long", "--kinds=long-long,long-long");
        refuses("--entries must be from 1 to 1500000000: found=0", "--entries=0");
        refuses("--turnovers must be from 1 to 1000000: found=0", "--turnovers=0");
        refuses("--turnovers times --entries must be from 1 to", "--turnovers=3000");
        refuses("--grow-to must be from 1 to 1500000000: found=0", "--grow-to=0");
        refuses("--repeats must be from 1 to 1000: found=0", "--repeats=0");
        refuses("--rounds must be from 1 to 1000: found=0", "--rounds=0");
        refuses("--slice-ms must be from 1 to 60000: found=0", "--slice-ms=0");
        refuses("--data must be a directory that can be written to", "--data=" + directory.resolve("absent"));
    }

    private void refuses(final String message, final String argument) {
        final StringWriter errors = new StringWriter();
        final Path out = directory.resolve("refused");

        assertThat(new CommandLine(new TablesCommand())
                        .setErr(new PrintWriter(errors))
                        .execute(argument, "--out=" + out))
                .isEqualTo(2);
        assertThat(errors.toString()).contains(message);
        assertThat(out).as("nothing is made").doesNotExist();
    }

    private int run(final Path out, final String... more) {
        final List<String> arguments = new ArrayList<>(List.of(
                "--kinds=long-long,bytes-20-200",
                "--entries=" + ENTRIES,
                "--grow-to=10001",
                "--repeats=2",
                "--rounds=2",
                "--slice-ms=1",
                "--no-pin",
                "--data=" + directory,
                "--out=" + out));
        arguments.add(more.length == 0 ? "--turnovers=3" : more[0]);
        return new CommandLine(new TablesCommand()).execute(arguments.toArray(String[]::new));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.cli.CommandRunner;
import io.quire.cli.CommandRunner.Outcome;
import io.quire.cli.Console;
import io.quire.cli.ExitCode;
import io.quire.cli.QuireCommand;
import io.quire.cli.StandardOutput;
import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.ListState;
import io.quire.store.LongLongState;
import io.quire.store.MapState;
import io.quire.store.NamespacedState;
import io.quire.store.TimeDomain;
import io.quire.store.TimeToLive;
import io.quire.store.TimerState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LogCommandTest {
    @TempDir
    private Path directory;

    private long afterFirst;
    private long afterBatch;
    private long end;

    private DurableStoreContext context() {
        return new DurableStoreContext()
                .directory(directory.resolve("store"))
                .checkpointIntervalNs(0)
                .checkpointOnClose(false);
    }

    private void write(final DurableStateStore store) {
        final LongLongState visits = store.longLongState("visits");
        final BytesState bytes = store.bytesState("by\u001btes");
        visits.put(-42, 7);
        afterFirst = store.appliedPosition();
        store.beginBatch();
        put(bytes, "k\u00fcy", new byte[] {0, 1, (byte) 0xFF});
        put(bytes, "\u001b[2J", "plain \"text\"".getBytes(StandardCharsets.US_ASCII));
        visits.remove(-42);
        store.commitBatch();
        afterBatch = store.appliedPosition();
        store.valueState("typed", Codecs.STRING, Codecs.LONG).put("answer", 42L);
        visits.clear();
        store.source("file").set(5);
        end = store.appliedPosition();
    }

    private static void put(final BytesState state, final String key, final byte[] value) {
        final UnsafeBuffer keyBuffer = new UnsafeBuffer(key.getBytes(StandardCharsets.UTF_8));
        state.put(keyBuffer, 0, keyBuffer.capacity(), new UnsafeBuffer(value), 0, value.length);
    }

    private Outcome log(final String... arguments) {
        final String[] all = new String[arguments.length + 2];
        all[0] = "log";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        all[all.length - 1] = directory.resolve("store").toString();
        return CommandRunner.run(all);
    }

    private static List<String> lines(final Outcome outcome) {
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        return outcome.out().lines().toList();
    }

    @Test
    void shouldPrintEveryChangeOfAClosedStoreAndNoCharacterThatATerminalObeys() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            write(store);
        }
        final List<String> lines = lines(log());
        assertThat(lines).hasSize(11);
        assertThat(lines.get(0)).endsWith("\tvisits\tcreate\tLONG_LONG");
        assertThat(lines.get(2)).isEqualTo(afterFirst + "\tvisits\tput\t-42\t7");
        // The runner decodes single bytes.
        assertThat(lines.get(3)).isEqualTo(afterBatch + "\tby?tes\tput\t\"k\u00c3\u00bcy\"\t0x0001ff");
        assertThat(lines.get(4)).isEqualTo(afterBatch + "\tby?tes\tput\t0x1b5b324a\t\"plain \\\"text\\\"\"");
        assertThat(lines.get(5)).isEqualTo(afterBatch + "\tvisits\tremove\t-42");
        assertThat(lines.get(7)).endsWith("\ttyped\tput\t\"answer\"\t42");
        assertThat(lines.get(8)).endsWith("\tvisits\tclear");
        assertThat(lines.get(10)).isEqualTo(end + "\tquire.sources\tput\t\"file\"\t0x0500000000000000");
        assertThat(log().out()).doesNotContain("\u001b");
    }

    @Test
    void shouldPrintFromAPositionOfAStateUpToALimit() {
        final long last;
        try (DurableStateStore store = DurableStateStore.open(context())) {
            write(store);
            store.checkpoint().join(); // the names are in the checkpoint
            store.longLongState("visits").put(1, 1);
            last = store.appliedPosition();
            assertThat(lines(log("--from", Long.toString(last)))).isEmpty();
            assertThat(log("--from", Long.toString(last + 8)).err()).contains("end=" + last);
        }
        assertThat(lines(log("--from", Long.toString(afterFirst)))).hasSize(9);
        assertThat(lines(log("--from", Long.toString(afterBatch), "--state", "visits")))
                .hasSize(2);
        assertThat(lines(log("--limit", "4"))).hasSize(4);
        assertThat(lines(log("--limit", "0"))).isEmpty();
        assertThat(lines(log("--from", Long.toString(afterFirst), "--bytes", "2", "--limit", "2")))
                .element(1)
                .asString()
                .endsWith("put\t0x1b5b...(4)\t\"pl\"...(12)");
        assertThat(lines(log("--from", Long.toString(last)))).isEmpty();
        for (final String follow : List.of("--limit=5", "--follow")) {
            final Outcome beyond = log("--from", Long.toString(last + 8), follow);
            assertThat(beyond.exitCode()).isEqualTo(ExitCode.STORE_ERROR);
            assertThat(beyond.out()).isEmpty();
            assertThat(beyond.err()).contains("the log ends before this position", "end=" + last);
        }
    }

    @Test
    void shouldRefuseACommandLineThatMakesNoSense() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            write(store);
        }
        for (final String wrong :
                List.of("--from=-2", "--from=x", "--limit=-1", "--bytes=-1", "--format=xml", "--state", "--no-such")) {
            final Outcome outcome = log(wrong);
            assertThat(outcome.exitCode()).as(wrong).isEqualTo(ExitCode.USAGE);
            assertThat(outcome.out()).as(wrong).isEmpty();
            assertThat(outcome.err()).as(wrong).startsWith("quire: ");
        }
        assertThat(CommandRunner.run("log").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(CommandRunner.run("log", "a", "b").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(log("--from=-1", "--limit=1", "--bytes=0").exitCode()).isEqualTo(ExitCode.OK);
    }

    /** Takes so many bytes, and then fails once with a message. */
    private static Outcome logInto(final int capacity, final String failure, final boolean pipe, final String... all) {
        final ByteArrayOutputStream taken = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final OutputStream out = new OutputStream() {
            private boolean failed;

            @Override
            public void write(final int value) throws IOException {
                if (taken.size() >= capacity && !failed) {
                    failed = true;
                    throw new IOException(failure);
                }
                taken.write(value);
            }
        };
        final Console console = new Console(
                InputStream.nullInputStream(),
                new StandardOutput(out, pipe),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                80);
        final int exitCode = QuireCommand.run(console, all);
        return new Outcome(exitCode, taken.toString(StandardCharsets.ISO_8859_1), err.toString(StandardCharsets.UTF_8));
    }

    /** Whether what it prints is more than is kept back before it is written, or less. */
    @Test
    @Timeout(60)
    void shouldFailWhenItsOutputDoesAndEndQuietlyWhenNobodyReadsOn() {
        for (final int count : new int[] {1, 20_000}) {
            try (DurableStateStore store = DurableStateStore.open(context())) {
                for (int i = 0; i < count; i++) {
                    store.longLongState("visits").put(i, i);
                }
            }
            final String store = directory.resolve("store").toString();
            for (final String follow : List.of("--bytes=64", "--follow")) {
                final Outcome full = logInto(10, "No space left on device", false, "log", follow, store);
                assertThat(full.exitCode()).isEqualTo(ExitCode.STORE_ERROR);
                assertThat(full.err()).startsWith("quire: ").contains("No space left on device");
                assertThat(full.out()).hasSize(10);
                final Outcome left = logInto(10, "Broken pipe", true, "log", follow, store);
                assertThat(left.exitCode()).isEqualTo(ExitCode.OK);
                assertThat(left.err()).isEmpty();
            }
        }
    }

    /** The ring knows of the position, but has given up what the files are to have. */
    @Test
    @Timeout(20)
    void shouldSayWhereTheLogEndsWhenItsLastBlockIsDamaged() throws IOException {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            write(store);
            assertThat(store.awaitDurable(end, TimeUnit.SECONDS.toNanos(10))).isTrue();
            store.longLongState("visits").put(1, 1);
            final long last = store.appliedPosition();
            assertThat(store.awaitDurable(last, TimeUnit.SECONDS.toNanos(10))).isTrue();
            flipByteOfLastBlock();
            for (final String follow : List.of("--limit=5", "--follow")) {
                final Outcome outcome = log("--from", Long.toString(last), follow);
                assertThat(outcome.exitCode()).isEqualTo(ExitCode.STORE_ERROR);
                assertThat(outcome.out()).isEmpty();
                assertThat(outcome.err())
                        .contains("the log ends before this position: --from=" + last + " end=" + end)
                        .contains("ring end=" + last);
            }
            for (final String from : List.of("-1", Long.toString(end))) {
                for (final String follow : List.of("--bytes=64", "--follow")) {
                    final Outcome outcome = log("--from", from, follow);
                    assertThat(outcome.exitCode()).isEqualTo(ExitCode.STORE_ERROR);
                    assertThat(outcome.out().lines()).hasSize(from.equals("-1") ? 11 : 0);
                    assertThat(outcome.err()).contains("damaged", "end=" + end + " ring end=" + last);
                }
            }
            assertThat(lines(log("--limit", "11"))).hasSize(11); // was told not to read on
        }
    }

    @Test
    void shouldSayThatChangesWereNotLogged() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            write(store);
        }
        final long behind;
        try (DurableStateStore store =
                DurableStateStore.open(context().durability(Durability.NONE).checkpointOnClose(true))) {
            store.longLongState("visits").put(1, 1);
        }
        try (DurableStateStore store = DurableStateStore.open(context())) {
            behind = store.appliedPosition();
            store.longLongState("visits").put(2, 2);
        }
        for (final String from : List.of("-1", Long.toString(end))) {
            final Outcome outcome = log("--from", from);
            assertThat(outcome.exitCode()).isEqualTo(ExitCode.STORE_ERROR);
            assertThat(outcome.out().lines()).hasSize(from.equals("-1") ? 11 : 0);
            assertThat(outcome.err()).contains("durability NONE", "position=" + behind);
        }
        assertThat(lines(log("--from", Long.toString(behind)))).hasSize(1);
    }

    private void flipByteOfLastBlock() throws IOException {
        final List<Path> segments;
        try (Stream<Path> files = Files.list(directory.resolve("store").resolve("log"))) {
            segments = files.toList();
        }
        assertThat(segments).hasSize(1);
        final byte[] bytes = Files.readAllBytes(segments.get(0));
        bytes[bytes.length - 1] ^= 1;
        Files.write(segments.get(0), bytes);
    }

    @Test
    void shouldWriteOneObjectALine() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            write(store);
        }
        final List<String> lines = lines(log("--format", "json"));
        assertThat(lines.get(0)).endsWith("\"state\":\"visits\",\"op\":\"create\",\"kind\":\"LONG_LONG\"}");
        assertThat(lines.get(2))
                .isEqualTo("{\"position\":" + afterFirst + ",\"state\":\"visits\",\"op\":\"put\","
                        + "\"key\":{\"length\":8,\"long\":-42},\"value\":{\"length\":8,\"long\":7}}");
        assertThat(lines.get(4))
                .contains("\"state\":\"by\\u001btes\"")
                .contains("\"key\":{\"length\":4,\"hex\":\"1b5b324a\"}")
                .contains("\"value\":{\"length\":12,\"text\":\"plain \\\"text\\\"\"}");
    }

    @Test
    void shouldShowDoublesAndLongsAsWhatTheyAre() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            store.longDoubleState("doubles").put(-1, Double.NaN);
            store.longSetState("set").add(7);
        }
        assertThat(lines(log("--state", "doubles"))).element(1).asString().endsWith("\tput\t-1\tNaN");
        assertThat(lines(log("--state", "doubles", "--format", "json")))
                .element(1)
                .asString()
                .endsWith("\"key\":{\"length\":8,\"long\":-1},\"value\":{\"length\":8,\"double\":\"NaN\"}}");
        assertThat(lines(log("--state", "set"))).element(1).asString().endsWith("\tput\t7\t\"\"");
    }

    record Visits(int count) {}

    record LongVisits(long count) {}

    @Test
    void shouldPrintWhatBecomesOfStates() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            store.valueState("typed", Codecs.LONG, Codecs.record(Visits.class)).put(1L, new Visits(1));
            store.valueState("typed", Codecs.LONG, Codecs.record(LongVisits.class));
            afterFirst = store.appliedPosition();
            store.dropState("typed");
            end = store.appliedPosition();
        }
        final List<String> lines = lines(log());
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).endsWith("\ttyped\tcreate\tVALUE");
        assertThat(lines.get(2)).isEqualTo(afterFirst + "\ttyped\talter\tVALUE");
        assertThat(lines.get(3)).isEqualTo(end + "\ttyped\tdrop\tVALUE");
        assertThat(lines(log("--format", "json")).get(2))
                .isEqualTo("{\"position\":" + afterFirst + ",\"state\":\"typed\",\"op\":\"alter\",\"kind\":\"VALUE\"}");
    }

    enum Colour {
        RED,
        GREEN
    }

    record Order(long id, String text, Optional<Colour> colour, List<Integer> counts) {}

    private List<String> shown(final String state, final String... more) {
        final String[] arguments = Arrays.copyOf(new String[] {"--state", state}, 2 + more.length);
        System.arraycopy(more, 0, arguments, 2, more.length);
        return lines(log(arguments)).stream()
                .skip(1) // its creation
                .map(line -> more.length > 0 ? line.substring(line.indexOf("\"op\"")) : line.split("\t", 3)[2])
                .toList();
    }

    @Test
    void shouldShowElementsOfListsOneByOne() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final ListState<Long, String> list =
                    store.state(TypedStateDescriptor.list("list", Codecs.LONG, Codecs.STRING));
            list.add(7L, "a");
            list.addAll(7L, List.of("b", "c\u001b"));
            list.update(7L, List.of("", "x".repeat(200), "cut"));
            list.remove(7L);
            final NamespacedState<String, Long, ListState<String, Integer>> windows =
                    store.state(TypedStateDescriptor.list("windows", Codecs.STRING, Codecs.INT), Codecs.LONG);
            windows.in(60L).add("user", -1);
            windows.in(120L).add("user", 1);
            windows.merge("user", 120L, List.of(60L));
        }
        assertThat(shown("list"))
                .containsExactly(
                        "append\t7\t[\"a\"]", "append\t7\t[\"b\",0x631b]", "replace\t7\t[\"\"]...(3)", "remove\t7");
        assertThat(shown("windows"))
                .containsExactly(
                        "append\t\"user\"\tnamespace=60\t[-1]",
                        "append\t\"user\"\tnamespace=120\t[1]",
                        "merge\t\"user\"\tnamespace=120\tfrom=\"user\"\tfromNamespace=60");
        assertThat(shown("list", "--format", "json"))
                .element(1)
                .isEqualTo("\"op\":\"append\",\"key\":{\"length\":8,\"long\":7},\"elements\":["
                        + "{\"length\":1,\"text\":\"b\"},{\"length\":2,\"hex\":\"631b\"}],\"count\":2}");
        assertThat(shown("windows", "--format", "json"))
                .element(2)
                .isEqualTo("\"op\":\"merge\",\"key\":{\"length\":4,\"text\":\"user\"},"
                        + "\"namespace\":{\"length\":8,\"long\":120},\"from\":{\"length\":4,\"text\":\"user\"},"
                        + "\"fromNamespace\":{\"length\":8,\"long\":60}}");
    }

    @Test
    void shouldShowEntriesOfMapsAndTimers() {
        try (DurableStateStore store = DurableStateStore.open(context())) {
            final MapState<Long, String, Double> map =
                    store.state(TypedStateDescriptor.map("map", Codecs.LONG, Codecs.STRING, Codecs.DOUBLE));
            map.put(7L, "pear", 0.5);
            map.remove(7L, "pear");
            map.put(8L, "plum", -1.0);
            map.remove(8L);
            final NamespacedState<String, Long, MapState<String, Integer, Colour>> windows = store.state(
                    TypedStateDescriptor.map("windows", Codecs.STRING, Codecs.INT, Codecs.enumOf(Colour.class)),
                    Codecs.LONG);
            windows.in(60L).put("user", 3, Colour.GREEN);
            final TimerState<String> timers =
                    store.state(TypedStateDescriptor.timers("timers", Codecs.STRING, TimeDomain.EVENT_TIME));
            timers.registerTimer("user", -5);
            timers.registerTimer("user", 1000);
            timers.deleteTimer("user", 1000);
            timers.remove("user");
        }
        assertThat(shown("map"))
                .containsExactly(
                        "put\t7\tentry=\"pear\"\t0.5",
                        "remove\t7\tentry=\"pear\"",
                        "put\t8\tentry=\"plum\"\t-1.0",
                        "remove-all\t8");
        assertThat(shown("windows")).containsExactly("put\t\"user\"\tnamespace=60\tentry=3\t\"GREEN\"");
        assertThat(shown("timers"))
                .containsExactly(
                        "register\t\"user\"\ttimestamp=-5",
                        "register\t\"user\"\ttimestamp=1000",
                        "remove\t\"user\"\ttimestamp=1000",
                        "remove-all\t\"user\"");
        assertThat(shown("windows", "--format", "json"))
                .containsExactly("\"op\":\"put\",\"key\":{\"length\":4,\"text\":\"user\"},"
                        + "\"namespace\":{\"length\":8,\"long\":60},\"entry\":{\"length\":4,\"long\":3},"
                        + "\"value\":{\"length\":1,\"decoded\":\"GREEN\"}}");
        assertThat(shown("timers", "--format", "json"))
                .element(0)
                .isEqualTo("\"op\":\"register\",\"key\":{\"length\":4,\"text\":\"user\"},\"timestamp\":-5}");
    }

    @Test
    void shouldShowWhenPrimitivesWithATimeToLiveWereWritten() {
        final AtomicLong time = new AtomicLong(1_000);
        try (DurableStateStore store =
                DurableStateStore.open(context().expiryClock(time::get).expiryBudgetNs(0))) {
            final TimeToLive ttl = TimeToLive.ofMillis(100);
            store.longLongState("longs", ttl).put(1, -10);
            store.longDoubleState("doubles", ttl).put(1, 0.5);
            store.longSetState("set", ttl).add(7);
            store.longBytesState("bytes", ttl).put(1, new UnsafeBuffer(new byte[] {1, 2, 3}), 0, 3);
            store.fixedBytesState("fixed", 2, 1, ttl)
                    .put(new UnsafeBuffer(new byte[] {1, 2}), 0, new UnsafeBuffer(new byte[] {3}), 0);
            time.set(1_200);
            assertThat(store.cleanExpired(TimeUnit.SECONDS.toNanos(10))).isEqualTo(5);
        }
        assertThat(shown("longs")).containsExactly("put\t1\t-10 @1000", "remove\t1");
        assertThat(shown("doubles")).containsExactly("put\t1\t0.5 @1000", "remove\t1");
        assertThat(shown("set")).first().asString().startsWith("put\t7\t").endsWith(" @1000");
        assertThat(shown("bytes")).containsExactly("put\t1\t0x010203 @1000", "remove\t1");
        assertThat(shown("fixed")).containsExactly("put\t0x0102\t0x03 @1000", "remove\t0x0102");
        assertThat(shown("longs", "--format", "json"))
                .startsWith("\"op\":\"put\",\"key\":{\"length\":8,\"long\":1},"
                        + "\"value\":{\"length\":8,\"long\":-10,\"timestampMs\":1000}}");
    }

    @Test
    void shouldDecodeRecordsAndShowWhenValuesWereWritten() {
        final AtomicLong time = new AtomicLong(1_000);
        try (DurableStateStore store =
                DurableStateStore.open(context().expiryClock(time::get).expiryBudgetNs(0))) {
            final ValueState<Long, Order> orders = store.valueState("orders", Codecs.LONG, Codecs.record(Order.class));
            orders.put(1L, new Order(5, "two \u202e", Optional.of(Colour.RED), List.of(1, 2)));
            orders.put(2L, new Order(6, null, Optional.empty(), List.of()));
            orders.put(3L, new Order(6, "x".repeat(100), Optional.empty(), List.of()));
            final ListState<Long, String> list =
                    store.state(TypedStateDescriptor.list("list", Codecs.LONG, Codecs.STRING)
                            .withTimeToLive(TimeToLive.ofMillis(100)));
            list.add(7L, "old");
            time.set(1_200);
            list.add(7L, "new");
            assertThat(store.cleanExpired(TimeUnit.SECONDS.toNanos(10))).isEqualTo(1);
        }
        final List<String> orders = shown("orders");
        assertThat(orders.get(0))
                .isEqualTo("put\t1\t{\"id\":5,\"text\":\"two \\u202e\",\"colour\":\"RED\",\"counts\":[1,2]}");
        assertThat(orders.get(1)).isEqualTo("put\t2\t{\"id\":6,\"text\":null,\"colour\":null,\"counts\":[]}");
        assertThat(orders.get(2)).startsWith("put\t3\t0x0600").endsWith("...(113)");
        assertThat(shown("orders", "--format", "json"))
                .element(1)
                .asString()
                .endsWith(",\"decoded\":{\"id\":6,\"text\":null,\"colour\":null,\"counts\":[]}}}");
        assertThat(shown("list"))
                .containsExactly(
                        "append\t7\t[\"old\" @1000]", "append\t7\t[\"new\" @1200]", "remove-first\t7\tcount=1");
        assertThat(shown("list", "--format", "json"))
                .startsWith("\"op\":\"append\",\"key\":{\"length\":8,\"long\":7},\"elements\":["
                        + "{\"length\":3,\"text\":\"old\",\"timestampMs\":1000}],\"count\":1}")
                .endsWith("\"op\":\"remove-first\",\"key\":{\"length\":8,\"long\":7},\"count\":1}");
    }

    @Test
    void shouldTakeFromTheRingOfAnOpenStoreWhatIsNotInItsFiles() {
        // Each change is printed at once, whether the log agent has come to it already or not.
        try (DurableStateStore store = DurableStateStore.open(context())) {
            write(store);
            for (int i = 0; i < 200; i++) {
                store.longLongState("visits").put(i, i);
                final List<String> lines = lines(log("--from", Long.toString(end)));
                assertThat(lines).hasSize(i + 1);
                assertThat(lines.get(i)).isEqualTo(store.appliedPosition() + "\tvisits\tput\t" + i + "\t" + i);
                if (i % 50 == 0) {
                    assertThat(store.awaitDurable(store.appliedPosition(), TimeUnit.SECONDS.toNanos(60)))
                            .isTrue();
                }
            }
        }
    }

    @Test
    void shouldSayWhatIsWrong() {
        assertThat(log().exitCode()).isEqualTo(ExitCode.STORE_ERROR);
        try (DurableStateStore store = DurableStateStore.open(context().logSegmentLength(64 * 1024))) {
            for (int i = 0; i < 20_000; i++) {
                store.longLongState("visits").put(i, i);
            }
            store.checkpoint().join();
            store.longLongState("visits").put(1, 1);
            store.checkpoint().join();
            store.longLongState("visits").put(1, 2);
            store.checkpoint().join();
        }
        final Outcome outcome = log("--from", "0");
        assertThat(outcome.exitCode()).isEqualTo(ExitCode.STORE_ERROR);
        assertThat(outcome.err()).contains("oldest=");
    }
}

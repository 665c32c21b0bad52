/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static io.quire.checkpoint.ManyEntries.dueMs;
import static io.quire.checkpoint.ManyEntries.equal;
import static io.quire.checkpoint.ManyEntries.expected;
import static io.quire.checkpoint.ManyEntries.isTrue;
import static io.quire.checkpoint.ManyEntries.kindOf;
import static io.quire.checkpoint.ManyEntries.mixed;
import static io.quire.checkpoint.ManyEntries.user;
import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.LongLongState;
import io.quire.store.TimerState;
import io.quire.store.memory.ExtentKind;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Millions of elements, entries, keys and timers in one store: written while checkpoints are taken, killed, recovered
 * and compared one by one, removed, dropped, and their space used again.
 */
class TypedStateScaleTest {
    private static final String ACKNOWLEDGED = "done 1";
    private static final long OFFSET = 1_000_000_000L; // makes all lines as long, so that one cut off is known
    private static final long DEADLINE_NS = TimeUnit.MINUTES.toNanos(10);

    @TempDir
    Path temp;

    private long started = System.nanoTime();
    private long acknowledged;

    private static DurableStoreContext context(final Path temp) {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp.resolve("shm"))
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .checkpointIntervalNs(0);
    }

    /** The process that is killed: goes on from where it is, with a checkpoint every so often. */
    static final class Child {
        public static void main(final String... arguments) {
            final long total = Long.parseLong(arguments[1]);
            final DurableStateStore store = DurableStateStore.open(context(Path.of(arguments[0])));
            final ManyEntries entries = new ManyEntries(store);
            write(entries, total, total / 8, () -> System.out.println("done " + (OFFSET + entries.count())));
            System.out.println("all");
        }
    }

    /** Goes on until there are so many operations. */
    private static void write(
            final ManyEntries entries, final long total, final long checkpointEvery, final Runnable progress) {
        final long from = entries.count();
        if (from > 0) {
            entries.writeMore(from - 1);
        }
        CompletableFuture<CheckpointInfo> checkpoint = null;
        for (long number = from; number < total; number++) {
            entries.write(number);
            if (number % 1_000 == 0) {
                progress.run();
            }
            if (number % checkpointEvery == checkpointEvery - 1) {
                if (checkpoint != null) {
                    checkpoint.join();
                }
                checkpoint = entries.store.checkpoint();
            }
        }
        if (checkpoint != null) {
            checkpoint.join();
        }
    }

    @Test
    @Tag("slow")
    void shouldHoldTenMillionThroughKillsRemovalAndDrop() throws Exception {
        run(10_000_000);
    }

    private void run(final long total) throws Exception {
        Files.createDirectories(temp.resolve("shm"));
        kill(total, total * 3 / 10);
        checkRecovered(total);
        kill(total, total * 6 / 10);
        checkRecovered(total);
        try (DurableStateStore store = DurableStateStore.open(context(temp))) {
            write(new ManyEntries(store), total, total / 8, () -> {});
            say("written");
        }
        try (DurableStateStore store = DurableStateStore.open(context(temp))) {
            final ManyEntries entries = new ManyEntries(store);
            say("opened after closing");
            entries.check(total);
            entries.checkInvariants();
            say("checked");
            for (final String name : ManyEntries.NAMES) {
                describe(store, name);
            }
            remove(entries, total);
            say("removed a part");
            store.checkpoint().join();
        }
        try (DurableStateStore store = DurableStateStore.open(context(temp))) {
            final ManyEntries entries = new ManyEntries(store);
            checkRest(entries, total);
            entries.checkInvariants();
            say("checked what was left");
            drop(store, total);
        }
    }

    private void kill(final long total, final long until) throws Exception {
        final Path errors = temp.resolve("errors");
        final Process child = ChildJvm.start(Child.class, errors, temp.toString(), Long.toString(total));
        acknowledged = 0;
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
            while (acknowledged < until) {
                final String line = out.readLine();
                if (line == null || !line.startsWith(ACKNOWLEDGED)) {
                    throw new AssertionError(ChildJvm.lastWords(child, errors));
                }
                acknowledged = Long.parseLong(line.substring(5)) - OFFSET;
            }
        } finally {
            child.destroyForcibly();
            child.waitFor();
        }
        say("killed, acknowledged " + acknowledged);
    }

    private void checkRecovered(final long total) {
        try (DurableStateStore store = DurableStateStore.open(context(temp).checkpointOnClose(false))) {
            final ManyEntries entries = new ManyEntries(store);
            final long count = entries.count();
            say("recovered " + count + ", " + store.recoveryReport().logRecordCount() + " log records, opened in "
                    + store.recoveryReport().openNs() / 1_000_000 + " ms");
            assertThat(count).isBetween(acknowledged, total);
            entries.writeMore(count - 1); // a kill may have parted the last operation
            entries.check(count);
            say("checked");
        }
    }

    /** Every second one of everything goes, the timers that are due, and the list. */
    private static void remove(final ManyEntries entries, final long total) {
        for (long number = 0; number < total; number++) {
            if (goes(number)) {
                switch (kindOf(number)) {
                    case ManyEntries.ONE -> isTrue(entries.one.remove("key", number), ManyEntries.ONE);
                    case ManyEntries.MANY -> isTrue(entries.many.remove(number), ManyEntries.MANY);
                    case ManyEntries.VALUES -> isTrue(entries.values.remove(user(number)), ManyEntries.VALUES);
                    case ManyEntries.PROCESSING ->
                        isTrue(entries.processing.deleteTimer(number, dueMs(number)), ManyEntries.PROCESSING);
                    default -> {}
                }
            }
        }
        poll(entries.event, ManyEntries.EVENT, 500_000);
        isTrue(entries.list.remove("key"), ManyEntries.LIST);
    }

    private static boolean goes(final long number) {
        return number / 10 % 2 == 0;
    }

    /** Polls timers and looks whether they come in order; returns how many there were. */
    private static long poll(final TimerState<Long> timers, final String kind, final long nowMs) {
        final long[] previous = {-1};
        return timers.pollDue(nowMs, (key, timestamp) -> {
            equal(kind, key, timestamp, dueMs(key));
            isTrue(timestamp >= previous[0] && kindOf(key).equals(kind), "order of timers at " + key);
            previous[0] = timestamp;
        });
    }

    private static void checkRest(final ManyEntries entries, final long total) {
        long due = 0;
        for (long number = 0; number < total; number++) {
            final boolean stays = !goes(number);
            switch (kindOf(number)) {
                case ManyEntries.ONE -> isThere(stays, number, entries.one.get("key", number));
                case ManyEntries.MANY -> isThere(stays, number, entries.many.get(number, ~number));
                case ManyEntries.VALUES -> isThere(stays, number, entries.values.get(user(number)));
                case ManyEntries.PROCESSING ->
                    isTrue(
                            entries.processing.containsTimer(number, dueMs(number)) == stays,
                            ManyEntries.PROCESSING + number);
                case ManyEntries.EVENT -> due += dueMs(number) <= 500_000 ? 1 : 0;
                default -> {}
            }
        }
        equal("list", 0, entries.count(), 0);
        equal("entries of one map", 0, entries.one.size("key"), expected(ManyEntries.ONE, total) / 2);
        equal("event timers", 0, entries.event.size(), expected(ManyEntries.EVENT, total) - due);
        equal(
                "polled",
                0,
                poll(entries.event, ManyEntries.EVENT, Long.MAX_VALUE),
                expected(ManyEntries.EVENT, total) - due);
        isTrue(entries.event.isEmpty(), "all polled");
    }

    private static void isThere(final boolean stays, final long number, final Long found) {
        if (stays) {
            equal("left", number, found, mixed(number));
        } else {
            isTrue(found == null, "removed: number=" + number);
        }
    }

    /** Drops all states, whose extents are free then, in memory and on the disk, and taken again before others. */
    private void drop(final DurableStateStore store, final long total) throws InterruptedException {
        final long memoryLength = store.status().liveMemoryBytes();
        final long diskLength = lengthOnDisk();
        final long usedBefore = usedExtents(store);
        for (final String name : ManyEntries.NAMES) {
            assertThat(store.dropState(name)).isTrue();
        }
        final long used = usedExtents(store);
        say("dropped: extents " + usedBefore + " -> " + used + ", live memory " + memoryLength / 1_000_000 + " MB");
        assertThat(store.stateStore().states()).isEmpty();
        assertThat(used).isLessThan(2 + store.status().liveMemoryBytes() / (1 << 20)); // the maps of windows, the root
        awaitShorterThan(diskLength / 10, store);
        say("on disk " + diskLength / 1_000_000 + " -> " + lengthOnDisk() / 1_000_000 + " MB");
        final ManyEntries again = new ManyEntries(store);
        write(again, total / 2, total, () -> {});
        again.check(total / 2);
        assertThat(store.status().liveMemoryBytes()).as("space was used again").isEqualTo(memoryLength);
        say("written again");
    }

    /** The checkpoints that are kept name the files of before until two with changes were taken and merged. */
    private void awaitShorterThan(final long length, final DurableStateStore store) throws InterruptedException {
        final LongLongState ticks = store.longLongState("ticks");
        final long deadline = System.nanoTime() + DEADLINE_NS;
        for (long tick = 0; lengthOnDisk() > length; tick++) {
            ticks.put(0, tick);
            store.checkpoint().join();
            Thread.sleep(10);
            assertThat(System.nanoTime()).as("on disk: " + lengthOnDisk()).isLessThan(deadline);
        }
    }

    private static long usedExtents(final DurableStateStore store) {
        final long[] counts = store.stateStore().memory().extentsByKind();
        long used = 0;
        for (final ExtentKind kind : ExtentKind.values()) {
            used += kind == ExtentKind.FREE ? 0 : counts[kind.code()];
        }
        return used;
    }

    private long lengthOnDisk() {
        try (Stream<Path> files = Files.list(temp.resolve("store"))) {
            long length = 0;
            for (final Path file : files.filter(
                            path -> path.getFileName().toString().startsWith("checkpoint-"))
                    .toList()) {
                length += Files.exists(file) ? Files.size(file) : 0;
            }
            return length;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void describe(final DurableStateStore store, final String name) {
        store.stateStore().states().stream()
                .filter(state -> state.name().equals(name))
                .forEach(state -> say(name + ": " + state.size() + " entries, "
                        + Math.round(state.statistics().bytesPerEntry()) + " bytes each"));
    }

    private void say(final String what) {
        final long now = System.nanoTime();
        System.out.println((now - started) / 1_000_000 + " ms  " + what);
        started = now;
    }
}

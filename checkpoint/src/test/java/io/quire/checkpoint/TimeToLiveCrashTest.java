/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.ListState;
import io.quire.store.SourcePosition;
import io.quire.store.TimeToLive;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueState;
import io.quire.store.codec.Codecs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process that writes values and lists whose entries expire and are removed all the time, and recovers under a
 * clock of its own: what is there is exactly what lives at that time.
 */
class TimeToLiveCrashTest {
    private static final int KEYS = 400;
    private static final int TTL_MS = 300; // of a clock that counts operations
    private static final int KILLS = 4;

    @TempDir
    Path temp;

    @Test
    void shouldRecoverWhatLivesHoweverMuchOfWhatDoesNotWasRemoved() throws IOException, InterruptedException {
        long count = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            final Path errors = temp.resolve("errors-" + kill);
            final Process child =
                    ChildJvm.start(Writer.class, errors, temp.resolve("store").toString(), Integer.toString(kill));
            try (BufferedReader lines =
                    new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
                for (int line = 0; line < 2 + kill; line++) {
                    final String read = lines.readLine();
                    if (read == null) {
                        child.waitFor();
                        throw new AssertionError(ChildJvm.lastWords(child, errors));
                    }
                }
            } finally {
                child.destroyForcibly().waitFor();
            }
            final AtomicLong clock = new AtomicLong();
            try (DurableStateStore store = DurableStateStore.open(context(temp.resolve("store"), clock))) {
                final long recovered = store.source("operations").get(0);
                assertThat(recovered).isGreaterThan(count);
                count = recovered;
                // Not from 0: the clock was at the next operation already, and what expired then may have been removed.
                for (final long ageMs : new long[] {1, TTL_MS / 2, TTL_MS - 1, TTL_MS}) {
                    clock.set(count + ageMs);
                    check(store, count, ageMs);
                }
                assertThat(values(store).size()).isLessThan(KEYS); // some were removed before the kill
                store.cleanExpired(Long.MAX_VALUE);
                assertThat(values(store).size() + lists(store).size()).isZero();
                clock.set(count); // the clock may go back, what was removed does not come back
                check(store, count, TTL_MS);
            }
        }
    }

    /** Each value and element of the last operations, and nothing else. */
    private static void check(final DurableStateStore store, final long count, final long ageMs) {
        final ValueState<Long, Long> values = values(store);
        final ListState<Long, Long> lists = lists(store);
        final long oldest = count + ageMs - TTL_MS + 1; // operation that has not expired
        for (long key = 0; key < KEYS; key++) {
            final long last = count - Math.floorMod(count - key, (long) KEYS);
            assertThat(values.get(key)).isEqualTo(last >= Math.max(1, oldest) ? last : null);
        }
        for (long key = 0; key < 3; key++) {
            final List<Long> expected = new ArrayList<>();
            for (long i = Math.max(1, oldest); i <= count; i++) {
                if (i % 3 == key) {
                    expected.add(i);
                }
            }
            final List<Long> found = new ArrayList<>();
            lists.get(key).forEach(found::add);
            assertThat(found).isEqualTo(expected);
        }
        store.stateStore().states().forEach(state -> state.checkInvariants());
    }

    private static DurableStoreContext context(final Path directory, final AtomicLong clock) {
        return new DurableStoreContext()
                .directory(directory)
                .windowShift(21)
                .changeRingLength(64 * 1024)
                .logSegmentLength(256 * 1024)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false)
                .expiryBudgetNs(10_000_000) // enough on a busy machine, too
                .expiryClock(clock::get);
    }

    private static ValueState<Long, Long> values(final DurableStateStore store) {
        return store.state(TypedStateDescriptor.value("values", Codecs.LONG, Codecs.LONG)
                .withTimeToLive(TimeToLive.ofMillis(TTL_MS)));
    }

    private static ListState<Long, Long> lists(final DurableStateStore store) {
        return store.state(TypedStateDescriptor.list("lists", Codecs.LONG, Codecs.LONG)
                .withTimeToLive(TimeToLive.ofMillis(TTL_MS)));
    }

    /** Writes until it is killed; its clock is the number of the operation. */
    static final class Writer {
        private Writer() {}

        public static void main(final String[] arguments) {
            final AtomicLong clock = new AtomicLong();
            final int checkpointEvery = 7_000 + 1_000 * Integer.parseInt(arguments[1]);
            try (DurableStateStore store = DurableStateStore.open(context(Path.of(arguments[0]), clock))) {
                final SourcePosition operations = store.source("operations");
                long i = operations.get(0);
                clock.set(i);
                final ValueState<Long, Long> values = values(store);
                final ListState<Long, Long> lists = lists(store);
                while (true) {
                    i++;
                    clock.set(i);
                    store.beginBatch();
                    values.put(i % KEYS, i);
                    lists.add(i % 3, i);
                    operations.set(i);
                    store.commitBatch();
                    if (i % checkpointEvery == 0) {
                        store.checkpoint();
                    }
                    if (i % 4_000 == 0) {
                        System.out.println(i);
                    }
                }
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.ValueState;
import io.quire.store.catalog.CodecHistory;
import io.quire.store.catalog.CodecRole;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.StateMismatchException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A state whose class changes back and forth between releases, while its store is checkpointed, closed with and without
 * a last checkpoint, and recovered from files and log: every value is what the present class makes of the one that was
 * put.
 */
class CodecEvolutionModelTest {
    record First(long amount, String text) {}

    record Second(String text, long amount, int added) {}

    record Third(long amount, int added, List<Integer> more) {}

    private static final Codec<First> FIRST = Codecs.record(First.class).withDefault("text", "gone");
    private static final Codec<Second> SECOND =
            Codecs.record(Second.class).withDefault("added", 7).withDefault("text", "gone");
    private static final Codec<Third> THIRD =
            Codecs.record(Third.class).withDefault("added", 7).withDefault("more", List.of(1));

    @TempDir
    Path temp;

    private DurableStoreContext context(final boolean checkpointOnClose) {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(22)
                .changeRingLength(1 << 20)
                .logSegmentLength(1 << 20)
                .checkpointIntervalNs(0)
                .checkpointOnClose(checkpointOnClose);
    }

    /** What a class makes of a value that some other put. */
    private static Object as(final int release, final Object value) {
        final long amount;
        String text = "gone";
        int added = 7;
        List<Integer> more = List.of(1);
        if (value instanceof First first) {
            amount = first.amount();
            text = first.text();
        } else if (value instanceof Second second) {
            amount = second.amount();
            text = second.text();
            added = second.added();
        } else {
            final Third third = (Third) value;
            amount = third.amount();
            added = third.added();
            more = third.more();
        }
        return release == 0
                ? new First(amount, text)
                : release == 1 ? new Second(text, amount, added) : new Third(amount, added, more);
    }

    private static Object random(final int release, final Random random) {
        final String text = random.nextInt(4) == 0 ? null : "t".repeat(random.nextInt(100));
        final long amount = random.nextLong();
        final int added = random.nextInt();
        return release == 0
                ? new First(amount, text)
                : release == 1
                        ? new Second(text, amount, added)
                        : new Third(amount, added, List.of(random.nextInt(), random.nextInt()));
    }

    @SuppressWarnings("unchecked")
    private static ValueState<Long, Object> open(final DurableStateStore store, final int release) {
        final Codec<?> codec = release == 0 ? FIRST : release == 1 ? SECOND : THIRD;
        return store.valueState("state", Codecs.LONG, (Codec<Object>) codec);
    }

    @Test
    void shouldReadEveryValueAsThePresentClassSeesIt() {
        final long seed = Long.getLong("seed", System.nanoTime());
        try {
            run(new Random(seed));
        } catch (final RuntimeException | AssertionError e) {
            throw new AssertionError(
                    "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=CodecEvolutionModelTest -Dseed="
                            + seed + "\n" + e,
                    e);
        }
    }

    private void run(final Random random) {
        final Map<Long, Object> model = new HashMap<>();
        for (int cycle = 0; cycle < 25; cycle++) {
            final boolean checkpointOnClose = random.nextBoolean();
            try (DurableStateStore store = DurableStateStore.open(context(checkpointOnClose))) {
                for (int opening = random.nextInt(3); opening >= 0; opening--) {
                    final int release = random.nextInt(3);
                    final ValueState<Long, Object> state = open(store, release);
                    assertThat(state.size()).isEqualTo(model.size());
                    state.forEach((key, value) -> assertThat(value).isEqualTo(as(release, model.get(key))));
                    change(random, store, state, release, model);
                }
                if (random.nextInt(3) == 0) {
                    store.checkpoint().join();
                }
                change(random, store, open(store, 1), 1, model);
            }
        }
    }

    private static void change(
            final Random random,
            final DurableStateStore store,
            final ValueState<Long, Object> state,
            final int release,
            final Map<Long, Object> model) {
        final boolean batch = random.nextInt(3) == 0;
        final boolean rollback = batch && random.nextBoolean();
        if (batch) {
            store.beginBatch();
        }
        for (int i = random.nextInt(60); i > 0; i--) {
            final long key = random.nextInt(200);
            final Object value = random(release, random);
            if (random.nextInt(5) == 0) {
                state.remove(key);
            } else {
                state.put(key, value);
            }
            if (!rollback && state.containsKey(key)) {
                model.put(key, value);
            } else if (!rollback) {
                model.remove(key);
            }
        }
        if (rollback) {
            store.rollbackBatch();
        } else if (batch) {
            store.commitBatch();
        }
    }

    @Test
    void shouldReplayAnEvolutionBetweenTheWritesItStoodBetween() {
        try (DurableStateStore store = DurableStateStore.open(context(false))) {
            open(store, 0).put(1L, new First(1, "one"));
            store.checkpoint().join();
            open(store, 0).put(2L, new First(2, "two"));
            open(store, 1).put(3L, new Second("three", 3, 3));
            open(store, 2).put(4L, new Third(4, 4, List.of()));
        }
        try (DurableStateStore store = DurableStateStore.open(context(false))) {
            assertThat(store.recoveryReport().logRecordCount()).isGreaterThanOrEqualTo(5);
            final CodecHistory history =
                    store.stateStore().states().get(0).descriptor().codecs().get(CodecRole.VALUE);
            assertThat(history.identities()).hasSize(3);
            assertThat(history.mark()).isEqualTo(2);
            assertThatThrownBy(() -> store.valueState("state", Codecs.LONG, Codecs.STRING))
                    .isInstanceOf(StateMismatchException.class)
                    .hasMessageContaining("state=state");
            assertThat(store.stateStore().states().get(0).descriptor().codecs().get(CodecRole.VALUE))
                    .isEqualTo(history);
            final ValueState<Long, Object> state = open(store, 2);
            assertThat(state.get(1L)).isEqualTo(new Third(1, 7, List.of(1)));
            assertThat(state.get(2L)).isEqualTo(new Third(2, 7, List.of(1)));
            assertThat(state.get(3L)).isEqualTo(new Third(3, 3, List.of(1)));
            assertThat(state.get(4L)).isEqualTo(new Third(4, 4, List.of()));
        }
    }
}

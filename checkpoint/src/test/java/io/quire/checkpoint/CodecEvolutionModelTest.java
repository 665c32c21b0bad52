/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.ValueRewrite;
import io.quire.store.ValueState;
import io.quire.store.catalog.CodecHistory;
import io.quire.store.catalog.CodecRole;
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
 * put. Now and then all values are rewritten, in one session or several, and older schemas dropped.
 */
class CodecEvolutionModelTest {
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

    private static ValueState<Long, Object> open(final DurableStateStore store, final int release) {
        return store.valueState("state", Codecs.LONG, RecordReleases.codec(release));
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

    /** Returns whether some values may be rewritten and others not. */
    private static boolean rewriteInPart(
            final Random random,
            final DurableStateStore store,
            final ValueState<Long, Object> state,
            final Map<Long, Object> model) {
        try (ValueRewrite rewrite = state.rewriteValues()) {
            for (int steps = random.nextInt(150); steps > 0 && !rewrite.run(0); steps--) {
                if (random.nextInt(20) == 0) {
                    change(random, store, state, 1, model);
                }
            }
            if (rewrite.isComplete()) {
                model.replaceAll((key, value) -> RecordReleases.as(1, value));
            }
            return !rewrite.isComplete();
        }
    }

    private static void rewrite(
            final DurableStateStore store, final ValueState<Long, Object> state, final Map<Long, Object> model) {
        assertThat(state.rewriteValues().run(Long.MAX_VALUE)).isTrue();
        final CodecHistory history =
                store.stateStore().states().get(0).descriptor().codecs().get(CodecRole.VALUE);
        assertThat(history).isEqualTo(history.onlyCurrent());
        model.replaceAll((key, value) -> RecordReleases.as(1, value));
        assertThat(contents(state)).isEqualTo(model);
    }

    private static Map<Long, Object> contents(final ValueState<Long, Object> state) {
        final Map<Long, Object> contents = new HashMap<>();
        state.forEach(contents::put);
        return contents;
    }

    private void run(final Random random) {
        final Map<Long, Object> model = new HashMap<>();
        boolean begun = false;
        for (int cycle = 0; cycle < 25; cycle++) {
            final boolean checkpointOnClose = random.nextBoolean();
            try (DurableStateStore store = DurableStateStore.open(context(checkpointOnClose))) {
                if (begun) {
                    rewrite(store, open(store, 1), model); // goes on where the last session ended
                    begun = false;
                }
                for (int opening = random.nextInt(3); opening >= 0; opening--) {
                    final int release = random.nextInt(3);
                    final ValueState<Long, Object> state = open(store, release);
                    assertThat(state.size()).isEqualTo(model.size());
                    state.forEach(
                            (key, value) -> assertThat(value).isEqualTo(RecordReleases.as(release, model.get(key))));
                    change(random, store, state, release, model);
                }
                if (random.nextInt(3) == 0) {
                    store.checkpoint().join();
                }
                final ValueState<Long, Object> last = open(store, 1);
                if (random.nextInt(3) == 0) {
                    begun = rewriteInPart(random, store, last, model) || begun;
                    if (random.nextBoolean()) {
                        rewrite(store, last, model);
                        begun = false;
                    }
                }
                change(random, store, last, 1, model);
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
            final Object value = RecordReleases.random(release, random);
            final boolean remove = random.nextInt(5) == 0;
            if (remove) {
                state.remove(key);
            } else {
                state.put(key, value);
            }
            if (!rollback && remove) {
                model.remove(key);
            } else if (!rollback) {
                model.put(key, value);
            }
            assertThat(state.containsKey(key)).isEqualTo(!remove);
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
            open(store, 0).put(1L, new RecordReleases.First(1, "one"));
            store.checkpoint().join();
            open(store, 0).put(2L, new RecordReleases.First(2, "two"));
            open(store, 1).put(3L, new RecordReleases.Second("three", 3, 3));
            open(store, 2).put(4L, new RecordReleases.Third(4, 4, List.of()));
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
            assertThat(state.get(1L)).isEqualTo(new RecordReleases.Third(1, 7, List.of(1)));
            assertThat(state.get(2L)).isEqualTo(new RecordReleases.Third(2, 7, List.of(1)));
            assertThat(state.get(3L)).isEqualTo(new RecordReleases.Third(3, 3, List.of(1)));
            assertThat(state.get(4L)).isEqualTo(new RecordReleases.Third(4, 4, List.of()));
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.TimeToLive;
import io.quire.store.ValueRewrite;
import io.quire.store.catalog.CodecHistory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Elements of lists, values of maps, reduced values and accumulators whose class changes back and forth between
 * releases, while their store is checkpointed, closed with and without a last checkpoint, and recovered from files and
 * log: everything is what the present class makes of what was written last. Objects of several releases write side by
 * side; times to live, too long for anything to expire, come and go; values are rewritten, in one session or several.
 */
class TypedEvolutionModelTest {
    private static final int REWRITING_RELEASE = 1;

    @TempDir
    Path temp;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final String replay =
            "seed=" + seed + " replay: mvn test -pl checkpoint -am -Dtest=TypedEvolutionModelTest -Dseed=" + seed;
    private final boolean[] begun = new boolean[EvolvingStates.KINDS]; // to be rewritten, and not at its end
    private final List<EvolvingStates> opened = new ArrayList<>(); // that may write
    private EvolvingModel model = new EvolvingModel();
    private DurableStateStore store;
    private long replayed;

    private DurableStoreContext context(final int session) {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(22)
                .changeRingLength(1 << 20)
                .logSegmentLength(1 << 20)
                .hydrateInBackground(random.nextBoolean())
                .expiryClock(() -> 1_000)
                .checkpointIntervalNs(0)
                .checkpointOnClose(session % 3 == 0);
    }

    @Test
    void shouldReadWhateverWasWrittenAsThePresentClassSeesIt() {
        run(6);
    }

    @Test
    @Tag("slow")
    void shouldReadWhateverWasWrittenAsThePresentClassSeesItForLong() {
        run(300);
    }

    private void run(final int sessions) {
        try {
            for (int session = 0; session < sessions; session++) {
                session(session, session == sessions - 1);
            }
        } catch (final RuntimeException | AssertionError e) {
            throw new AssertionError(replay + "\n" + e, e);
        }
        assertThat(replayed).as(replay).isPositive();
    }

    private void session(final int session, final boolean last) {
        store = DurableStateStore.open(context(session));
        try {
            replayed += store.recoveryReport().logRecordCount();
            opened.clear();
            for (int kind = 0; kind < begun.length; kind++) {
                if (begun[kind]) {
                    rewrite(kind); // goes on where the last session ended
                }
            }
            for (int left = random.nextInt(4); left >= 0; left--) {
                open(random.nextInt(RecordReleases.COUNT));
                changes();
                if (random.nextInt(3) == 0) {
                    store.checkpoint().join();
                }
            }
            if (random.nextBoolean()) {
                rewriteInPart(random.nextInt(begun.length));
            }
            for (int kind = 0; kind < begun.length && last; kind++) {
                rewrite(kind);
            }
            changes();
            model.expect(opened.get(opened.size() - 1));
        } finally {
            store.close();
        }
    }

    /** Opens the states by a release, with another time to live now and then; older objects cannot write then. */
    private EvolvingStates open(final int release) {
        final TimeToLive timeToLive = switch (random.nextInt(6)) {
            case 0 -> TimeToLive.of(Duration.ofDays(1));
            case 1 -> TimeToLive.OFF;
            default -> null;
        };
        final EvolvingStates states = new EvolvingStates(store, release, timeToLive);
        if (timeToLive != null) {
            opened.clear();
        }
        opened.add(states);
        model.expect(states);
        return states;
    }

    private void changes() {
        final EvolvingModel before = model.copy();
        final boolean batch = random.nextInt(3) == 0;
        if (batch) {
            store.beginBatch();
        }
        for (int left = random.nextInt(120); left > 0; left--) {
            final EvolvingStates states = opened.get(random.nextInt(opened.size()));
            final EvolvingOperation operation = EvolvingOperation.random(states.release, random);
            operation.applyTo(states);
            operation.applyTo(model);
        }
        if (batch && random.nextBoolean()) {
            store.rollbackBatch();
            model = before;
        } else if (batch) {
            store.commitBatch();
        }
    }

    /** Begins to rewrite; until that has ended some values are and some are not, and this release cannot tell. */
    private void rewriteInPart(final int kind) {
        final EvolvingStates states = open(REWRITING_RELEASE);
        opened.clear();
        opened.add(states);
        try (ValueRewrite rewrite = states.rewrite(kind)) {
            for (int steps = random.nextInt(60); steps > 0 && !rewrite.run(0); steps--) {
                if (random.nextInt(20) == 0) {
                    changes();
                }
            }
            begun[kind] = !rewrite.isComplete();
        }
        if (!begun[kind]) {
            rewritten(kind, states);
        }
    }

    private void rewrite(final int kind) {
        final EvolvingStates states = new EvolvingStates(store, REWRITING_RELEASE, null);
        assertThat(states.rewrite(kind).run(Long.MAX_VALUE)).isTrue();
        rewritten(kind, states);
        opened.clear();
        opened.add(states);
    }

    private void rewritten(final int kind, final EvolvingStates states) {
        begun[kind] = false;
        final CodecHistory history = states.history(kind);
        assertThat(history).isEqualTo(history.onlyCurrent());
        model.rewritten(kind, REWRITING_RELEASE);
        model.expect(states);
    }
}

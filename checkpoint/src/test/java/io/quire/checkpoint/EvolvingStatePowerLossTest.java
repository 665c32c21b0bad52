/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.SourcePosition;
import io.quire.store.ValueRewrite;
import io.quire.store.catalog.CodecHistory;
import java.util.Random;

/**
 * Three releases of a record in states of every kind, through power losses: each release opens what the one before has
 * left and rewrites it while it writes, a few values at a time. None may be taken for what another release has written,
 * whether the new codec, what was rewritten or the note that nothing else is left was lost.
 */
class EvolvingStatePowerLossTest extends PowerLossContractTest {
    private static final int PER_RELEASE = OPERATIONS / RecordReleases.COUNT;
    private static final int REWRITE_EVERY = 4;
    private static final int REWRITE_STEPS = 30;

    private static int release(final long i) {
        return (int) Math.min(RecordReleases.COUNT, (i - 1) / PER_RELEASE + 1) - 1;
    }

    private static EvolvingOperation operation(final long i) {
        return EvolvingOperation.random(release(i), new Random(i * 0x9E37_79B9_7F4A_7C15L));
    }

    @Override
    int openEvery() {
        return PER_RELEASE;
    }

    @Override
    States open(final DurableStateStore store, final long next) {
        return new Evolving(store, release(next));
    }

    private static final class Evolving implements States {
        private final DurableStateStore store;
        private final SourcePosition position;
        private final EvolvingStates states;
        private ValueRewrite rewrite;

        Evolving(final DurableStateStore store, final int release) {
            this.store = store;
            position = store.source("operations");
            states = new EvolvingStates(store, release, null);
        }

        @Override
        public void apply(final long i) {
            store.beginBatch();
            operation(i).applyTo(states);
            position.set(i);
            store.commitBatch();
            if (i % REWRITE_EVERY == 0) {
                rewriteSome((int) (i / REWRITE_EVERY % EvolvingStates.KINDS));
            }
        }

        private void rewriteSome(final int kind) {
            if (rewrite == null || rewrite.isComplete()) {
                rewrite = states.rewrite(kind);
            }
            for (int step = 0; step < REWRITE_STEPS && !rewrite.isComplete(); step++) {
                rewrite.run(0);
            }
        }

        @Override
        public long count() {
            return position.get(0);
        }

        @Override
        public void expect(final long count, final long issued, final String what) {
            final EvolvingModel model = new EvolvingModel();
            for (long i = 1; i <= count; i++) {
                operation(i).applyTo(model);
            }
            try {
                model.expect(states);
                for (int kind = 0; kind < EvolvingStates.KINDS; kind++) {
                    states.rewrite(kind).run(Long.MAX_VALUE);
                    final CodecHistory history = states.history(kind);
                    assertThat(history).as(EvolvingStates.NAMES.get(kind)).isEqualTo(history.onlyCurrent());
                }
                model.expect(states);
            } catch (final AssertionError e) {
                throw new AssertionError(what, e);
            }
        }
    }
}

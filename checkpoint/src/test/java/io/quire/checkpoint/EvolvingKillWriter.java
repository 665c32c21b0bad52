/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.LongLongState;
import io.quire.store.SourcePosition;
import io.quire.store.ValueRewrite;
import java.util.Random;

/**
 * A process to be killed that writes values, lists, maps, reducing and aggregating states, each second start in the
 * next release of its class, and rewrites what earlier releases wrote meanwhile. Operation i is one batch with the
 * position i; what it does follows from i and the release, of which the store tells where each begins. Releases go
 * forth only, so that it does not show what was rewritten and what was not. After the last one the states are checked,
 * dropped and begun again with the first: a round.
 */
final class EvolvingKillWriter extends KillProgram {
    private static final int STARTS_PER_RELEASE = 2;
    private static final int STARTS_PER_ROUND = STARTS_PER_RELEASE * RecordReleases.COUNT;
    private static final long START_COUNT_KEY = 0;
    private static final long ROUND_KEY = -1; // that the states belong to, from 1; 0 = they are being dropped
    private static final long FIRST_KEY = -2; // operation of that round
    private static final int REWRITE_EVERY = 40;
    private static final int REWRITE_STEPS = 25;

    private final DurableStateStore store;
    private final SourcePosition position;
    private final LongLongState releases; // by the first operation of each start
    private final EvolvingStates states;
    private ValueRewrite rewrite;

    private EvolvingKillWriter(final DurableStateStore store) {
        super(store);
        this.store = store;
        position = store.source("operations");
        releases = store.longLongState("releases");
        final long starts = releases.addAndGet(START_COUNT_KEY, 1);
        final int release = (int) ((starts - 1) % STARTS_PER_ROUND / STARTS_PER_RELEASE);
        final long round = (starts - 1) / STARTS_PER_ROUND + 1;
        final long next = position.get(0) + 1;
        final boolean begins = releases.get(ROUND_KEY, 0) != round;
        if (begins) {
            endRound();
        }
        states = new EvolvingStates(store, release, null);
        store.beginBatch();
        releases.put(next, release);
        if (begins) {
            releases.put(FIRST_KEY, next);
            releases.put(ROUND_KEY, round);
        }
        store.commitBatch();
    }

    /** Killed in its midst, it is done again by the next start. */
    private void endRound() {
        if (releases.get(ROUND_KEY, 0) != 0) {
            check(new EvolvingStates(store, RecordReleases.COUNT - 1, null));
            releases.put(ROUND_KEY, 0);
        }
        EvolvingStates.NAMES.forEach(store::dropState);
    }

    public static void main(final String[] args) {
        run(args, EvolvingKillWriter::new);
    }

    private static EvolvingOperation operation(final long i, final int release) {
        return EvolvingOperation.random(release, new Random(i * 0x9E37_79B9_7F4A_7C15L));
    }

    @Override
    void apply(final long i) {
        store.beginBatch();
        operation(i, states.release).applyTo(states);
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
    long check() {
        return check(states);
    }

    private long check(final EvolvingStates found) {
        final long count = position.get(0);
        final long first = releases.get(FIRST_KEY, 1);
        final EvolvingModel model = new EvolvingModel();
        long release = 0;
        for (long i = first; i <= count; i++) {
            release = releases.get(i, release);
            operation(i, (int) release).applyTo(model);
        }
        model.expect(found);
        return count;
    }
}

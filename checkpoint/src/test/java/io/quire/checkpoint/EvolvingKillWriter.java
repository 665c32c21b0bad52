/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.store.LongLongState;
import io.quire.store.SourcePosition;
import io.quire.store.ValueRewrite;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A process to be killed that writes values, lists, maps, reducing and aggregating states, each second start in the
 * next release of its class, and rewrites what earlier releases wrote meanwhile. Operation i is one batch with the
 * position i; what it does follows from i and the release, of which the store tells where each begins. Releases go
 * forth only, so that it does not show what was rewritten and what was not.
 */
final class EvolvingKillWriter extends KillProgram {
    private static final int STARTS_PER_RELEASE = 2;
    private static final long START_COUNT_KEY = 0;
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
        final int release = (int) Math.min((starts - 1) / STARTS_PER_RELEASE, RecordReleases.COUNT - 1);
        states = new EvolvingStates(store, release, null);
        releases.put(position.get(0) + 1, release);
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
        final long count = position.get(0);
        final Map<Long, Long> byFirst = new TreeMap<>();
        releases.forEach(byFirst::put);
        byFirst.remove(START_COUNT_KEY);
        final EvolvingModel model = new EvolvingModel();
        long release = 0;
        for (long i = 1; i <= count; i++) {
            release = byFirst.getOrDefault(i, release);
            operation(i, (int) release).applyTo(model);
        }
        model.expect(states);
        return count;
    }
}

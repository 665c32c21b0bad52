/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.memory.PagedMemory;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A store that another thread closes while the writer is inside a part of a batch. Until the writer is told, by an
 * exception, it goes on with what it is in the middle of, and the memory must stay under it.
 */
class CloseInsideBatchTest {
    private static final int ROUNDS = 200;
    private static final int MISSED_ROUNDS = 20; // in which the close came where the writer was not told of it

    /** A store with one entry, closed once by a thread of its own. */
    private static final class Closing {
        final StateStore store = new StateStore(PagedMemory.anonymous(7));
        final LongLongState longs = store.longLongState("longs");
        private final FutureTask<Boolean> close = new FutureTask<>(store::closeToCallers);

        Closing() {
            longs.put(1, 1);
        }

        void begin() {
            new Thread(close, "closer").start();
        }

        /** Whether the closer takes the writer for gone, and would unmap the memory, after a moment. */
        boolean countsWriterAsGone() {
            final long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(20);
            while (!close.isDone() && System.nanoTime() - deadline < 0) {
                Thread.onSpinWait();
            }
            return close.isDone() && isAlone();
        }

        boolean isAlone() {
            try {
                return close.get(60, TimeUnit.SECONDS);
            } catch (final Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void shouldNotUnmapUnderAWriterThatOpensAStateInsideAPartAndIsNotTold() {
        int missed = 0;
        for (int round = 0; round < ROUNDS && missed < MISSED_ROUNDS; round++) {
            missed += openStatesUntilClosed() ? 1 : 0;
        }
        assertThat(missed).isEqualTo(MISSED_ROUNDS);
    }

    /** Whether the close came while an opening was refused, which says that there is a batch, and nothing else. */
    private static boolean openStatesUntilClosed() {
        final Closing closing = new Closing();
        final boolean[] missed = new boolean[1];
        assertThatThrownBy(() -> closing.store.inOneBatch(() -> {
                    closing.longs.put(2, 2);
                    closing.begin();
                    while (!missed[0]) {
                        try {
                            closing.store.longLongState("another");
                        } catch (final ConfigurationException e) { // not told, whether or not it was closed meanwhile
                            missed[0] = closing.store.closed();
                        }
                    }
                    assertThat(closing.countsWriterAsGone()).isFalse();
                    closing.longs.put(3, 3);
                }))
                .isInstanceOf(StoreClosedException.class);
        closing.store.close();
        return missed[0];
    }

    @Test
    void shouldNotUnmapUnderAWriterWhoseWalkEndsInsideAPartAndIsNotTold() {
        final Closing closing = new Closing();
        final boolean[] walked = new boolean[1];
        assertThatThrownBy(() -> closing.store.inOneBatch(() -> {
                    closing.longs.forEach((key, value) -> {
                        closing.begin();
                        while (!closing.store.closed()) {
                            Thread.onSpinWait();
                        }
                    });
                    walked[0] = true;
                    assertThat(closing.countsWriterAsGone()).isFalse();
                }))
                .isInstanceOf(StoreClosedException.class);
        assertThat(walked[0]).isTrue();
        assertThat(closing.isAlone()).as("told, the writer is gone").isTrue();
        closing.store.close();
    }
}

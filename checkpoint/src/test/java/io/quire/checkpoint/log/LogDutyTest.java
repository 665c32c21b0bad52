/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class LogDutyTest {
    /** A writer that gives it back and ends has not left it behind, whenever the other one looks. */
    @Test
    @Timeout(60)
    void shouldNotBeAbandonedByAThreadThatEndsWhileAnotherLooks() throws InterruptedException {
        final CountDownLatch taken = new CountDownLatch(1);
        final CountDownLatch seen = new CountDownLatch(1);
        final LogDuty duty = new LogDuty() {
            private static final long serialVersionUID = 1L;

            @Override
            protected Thread getOwner() {
                final Thread owner = super.getOwner();
                seen.countDown();
                if (owner != null) {
                    try {
                        owner.join();
                    } catch (final InterruptedException e) {
                        throw new AssertionError(e);
                    }
                }
                return owner;
            }
        };
        final Thread writer = new Thread(() -> {
            duty.lock();
            taken.countDown();
            try {
                seen.await();
            } catch (final InterruptedException e) {
                throw new AssertionError(e);
            }
            duty.unlock();
        });
        writer.start();
        taken.await();
        assertThat(duty.isAbandoned()).isFalse();
        assertThat(duty.lockUnlessAbandoned()).isTrue();
    }
}

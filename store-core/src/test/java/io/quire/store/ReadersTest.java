/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.ReaderStarvedException;
import io.quire.store.errors.StoreClosedException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ReadersTest {
    private static final long LONG_NS = TimeUnit.MINUTES.toNanos(2);
    private static final long SHORT_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final int MANY_FAILURES = 129;

    private final AtomicInteger turnRequests = new AtomicInteger();
    private final Readers readers = new Readers(turnRequests::incrementAndGet, LONG_NS);

    @Test
    void shouldWaitForAReaderThatIsInside() throws InterruptedException {
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final AtomicBoolean left = new AtomicBoolean();
        final Thread reader = new Thread(() -> {
            final ReaderSession session = readers.open();
            session.enter();
            inside.countDown();
            awaitQuietly(goOn);
            left.set(true);
            session.leave();
        });
        reader.start();
        inside.await();
        readers.close();
        assertThat(readers.awaitDeparture(SHORT_NS)).as("while it is inside").isFalse();
        goOn.countDown();
        assertThat(readers.awaitDeparture(LONG_NS)).isTrue();
        assertThat(left).isTrue();
        reader.join();
    }

    private static void awaitQuietly(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldNotWaitForAThreadThatDiedInside() throws InterruptedException {
        final Thread reader = new Thread(() -> readers.open().enter());
        reader.start();
        reader.join();
        readers.close();
        assertThat(readers.awaitDeparture(LONG_NS)).isTrue();
    }

    @Test
    void shouldKeepAnInterruptWhileWaiting() throws InterruptedException {
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        final Thread reader = new Thread(() -> {
            readers.open().enter();
            inside.countDown();
            awaitQuietly(goOn);
        });
        reader.start();
        inside.await();
        readers.close();
        Thread.currentThread().interrupt();
        assertThat(readers.awaitDeparture(SHORT_NS)).isFalse();
        assertThat(Thread.interrupted()).isTrue();
        goOn.countDown();
        reader.join();
    }

    @Test
    void shouldLetNobodyInAfterClose() {
        final ReaderSession session = readers.open();
        readers.close();
        assertThatThrownBy(session::enter).isInstanceOf(StoreClosedException.class);
        assertThat(session.isInside()).isFalse();
        assertThatThrownBy(readers::open).isInstanceOf(StoreClosedException.class);
    }

    @Test
    void shouldRefuseAnotherThread() throws InterruptedException {
        final ReaderSession session = readers.open();
        final AtomicReference<Throwable> thrown = new AtomicReference<>();
        final Thread other = new Thread(() -> {
            try {
                session.enter();
            } catch (final RuntimeException e) {
                thrown.set(e);
            }
        });
        other.start();
        other.join();
        assertThat(thrown.get()).isInstanceOf(ConfigurationException.class).hasMessageContaining("thread");
        assertThat(session.isInside()).isFalse();
    }

    @Test
    void shouldGiveAStarvingReaderATurnThatEnds() {
        final ReaderSession session = readers.open();
        readers.giveTurn();
        assertThat(readers.turnNs()).as("nobody starves").isZero();
        session.enter();
        for (int failures = 1; failures <= MANY_FAILURES; failures++) {
            session.failed(failures);
        }
        assertThat(turnRequests).hasPositiveValue();
        assertThat(session.isStarving()).isTrue();
        readers.giveTurn();
        final long turnNs = readers.turnNs();
        assertThat(turnNs).isGreaterThanOrEqualTo(TimeUnit.MICROSECONDS.toNanos(20));
        session.leave();
        assertThat(session.isStarving()).isFalse();
        readers.giveTurn();
        assertThat(readers.turnNs()).isEqualTo(turnNs);
    }

    @Test
    void shouldGiveUpAReadThatStarvesForTooLong() {
        final Readers impatient = new Readers(() -> {}, 0);
        final ReaderSession session = impatient.open();
        session.enter();
        assertThatThrownBy(() -> {
                    for (int failures = 1; failures <= MANY_FAILURES; failures++) {
                        session.failed(failures);
                    }
                })
                .isInstanceOf(ReaderStarvedException.class)
                .hasMessageContaining("attempts=");
    }
}

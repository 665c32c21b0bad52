/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import io.quire.store.Durability;
import io.quire.store.changelog.ChangeLog;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.changelog.FailStop;
import io.quire.store.memory.RawMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.BackoffIdleStrategy;

/**
 * Measures writes that are forced one by one, 5000 a second for five seconds: how long each takes, and how many a
 * writer has to leave to the log agent. Arguments: an empty directory, bytes of a value.
 */
final class SyncWriteProbe {
    private static final int RATE = 5000;
    private static final int COUNT = 5 * RATE;

    private SyncWriteProbe() {}

    public static void main(final String[] args) throws Exception {
        final LogFixture fixture = new LogFixture(Files.createDirectories(Path.of(args[0])));
        final byte[] value = new byte[Integer.parseInt(args[1])];
        fixture.settings = LogSettings.defaults(Durability.SYNC);
        fixture.ringCapacity = 1 << 20;
        fixture.open();
        fixture.failStop = new FailStop();
        final LogIdleStrategy idle = new LogIdleStrategy();
        fixture.agent =
                new LogAgent(fixture.ring, fixture.writer, fixture.settings, fixture.failStop, idle, System::nanoTime);
        fixture.log = new ChangeLog(
                fixture.ring, fixture.failStop, new BackoffIdleStrategy(1, 1, 1000, 100_000), idle, System::nanoTime);
        final long[] durationsNs = new long[COUNT];
        int leftCount = 0;
        try (AgentRunner runner = new AgentRunner(idle, Throwable::printStackTrace, null, fixture.agent)) {
            AgentRunner.startOnThread(runner);
            final long startNs = System.nanoTime();
            for (int i = 0; i < COUNT; i++) {
                while (System.nanoTime() - startNs < i * TimeUnit.SECONDS.toNanos(1) / RATE) {
                    Thread.onSpinWait();
                }
                final long beforeNs = System.nanoTime();
                fixture.log.putLongBytes(1, i, value, RawMemory.ARRAY_OFFSET, value.length);
                if (!fixture.agent.forceHere()) {
                    leftCount++;
                    fixture.agent.awaitDurable(fixture.log.position(), TimeUnit.MINUTES.toNanos(1));
                }
                durationsNs[i] = System.nanoTime() - beforeNs;
            }
        }
        Arrays.sort(durationsNs);
        System.out.printf(
                "us: p50=%d p99=%d p99.9=%d max=%d; left to the agent: %d of %d%n",
                durationsNs[COUNT / 2] / 1000,
                durationsNs[COUNT / 100 * 99] / 1000,
                durationsNs[COUNT / 1000 * 999] / 1000,
                durationsNs[COUNT - 1] / 1000,
                leftCount,
                COUNT);
        fixture.ring.close();
        ChangeRing.delete(fixture.ringPath);
    }
}

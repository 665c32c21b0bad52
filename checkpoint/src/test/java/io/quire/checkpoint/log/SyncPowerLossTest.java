/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.Durability;
import io.quire.store.changelog.ChangeRing;
import io.quire.store.memory.RawMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A writer that forces each write itself, the agent that prepares space ahead of it and begins new segments; the power
 * fails in each call of both in turn. Blocks that were under way are torn, zeros are there in part or not at all.
 */
class SyncPowerLossTest {
    private static final int WRITES = 100; // two segments, or three
    private static final int VALUE_LENGTH_MAX = 3000;

    @TempDir
    Path root;

    /** One life. Changes are counted, so what was forced is the first so many. */
    private static final class Life implements AutoCloseable {
        private final LogFixture fixture;
        private final SimulatedFiles files;
        private final Random random;
        private final List<byte[]> values = new ArrayList<>();
        private final boolean isCompressed;
        private int forcedCount;
        private int ownForceCount;
        private int meanwhileCount;
        private boolean isPreparing;

        Life(final Path directory, final long seed) {
            random = new Random(seed);
            files = new SimulatedFiles(seed);
            isCompressed = seed % 3 == 0;
            fixture = new LogFixture(directory);
            fixture.files = files;
            fixture.settings = LogSettings.defaults(Durability.SYNC)
                    .withSegmentLength(LogSettings.MIN_SEGMENT_LENGTH)
                    .withPreallocationLength(16 * 1024)
                    .withCompressed(isCompressed);
            files.meanwhile(() -> {
                if (isPreparing) {
                    meanwhileCount++;
                    CompletableFuture.runAsync(this::write).join();
                }
            });
        }

        /** Until the power fails; false when it did not. */
        boolean live(final int failingCall) {
            files.failCall(failingCall, SimulatedFiles.Fault.KILL, false);
            try {
                fixture.open();
                while (values.size() < WRITES) {
                    write();
                    isPreparing = !fixture.failStop.isTripped() && forcedCount == values.size();
                    fixture.agent.doWork(); // has nothing else to do
                    isPreparing = false;
                    if (fixture.failStop.cause() instanceof SimulatedFiles.Killed killed) {
                        throw killed;
                    }
                    fixture.failStop.check();
                }
                return true;
            } catch (final SimulatedFiles.Killed e) {
                return false;
            }
        }

        private void write() {
            final byte[] value = new byte[random.nextInt(VALUE_LENGTH_MAX)];
            for (int i = 0; i < value.length; i++) {
                value[i] = isCompressed && (i & 31) > 16 ? 0 : (byte) random.nextInt();
            }
            values.add(value);
            fixture.log.putLongBytes(1, values.size(), value, RawMemory.ARRAY_OFFSET, value.length);
            if (fixture.agent.forceHere()) {
                ownForceCount++;
            } else {
                fixture.agent.durableFuture(fixture.log.position());
                if (!isPreparing) {
                    fixture.agent.doWork();
                }
            }
            if (fixture.agent.durablePosition() == fixture.log.position()) {
                forcedCount = values.size();
            }
        }

        void losePowerAndCheck(final String what) {
            fixture.kill();
            files.losePower();
            fixture.bootIdHash++;
            fixture.open();
            final List<Change> found = List.copyOf(fixture.replayed);
            assertThat(found.size()).as("%s: changes", what).isBetween(forcedCount, values.size());
            for (int i = 0; i < found.size(); i++) {
                assertThat(found.get(i).value()).as("%s: change %d", what, i).isEqualTo(values.get(i));
            }
            fixture.put(found.size() + 1, new byte[100]);
            fixture.force();
            fixture.kill();
            files.losePower();
            fixture.bootIdHash++;
            fixture.open();
            assertThat(fixture.replayed).as("%s: after another write", what).hasSize(found.size() + 1);
        }

        @Override
        public void close() {
            files.failNothing();
            fixture.kill();
            ChangeRing.delete(fixture.ringPath);
        }
    }

    @Test
    void shouldLoseNoForcedWriteWhereverThePowerFails() throws Exception {
        int call = 0;
        boolean isComplete = false;
        while (!isComplete) {
            for (int i = 0; i < 2; i++) {
                final long seed = 2L * call + i;
                try (Life life = new Life(Files.createDirectories(root.resolve("life" + seed)), seed)) {
                    isComplete = life.live(call);
                    life.losePowerAndCheck("call " + call + " seed " + seed);
                    if (isComplete) {
                        assertThat(life.ownForceCount).isGreaterThan(WRITES * 3 / 4);
                        assertThat(life.meanwhileCount).isGreaterThan(10);
                        assertThat(life.forcedCount).isEqualTo(life.values.size());
                        assertThat(life.fixture.replayed).hasSize(life.values.size() + 1);
                    }
                }
            }
            call++;
        }
        assertThat(call).isGreaterThan(200);
    }
}

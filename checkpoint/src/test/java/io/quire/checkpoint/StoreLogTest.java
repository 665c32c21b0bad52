/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.Durability;
import io.quire.store.LongLongState;
import io.quire.store.catalog.StateDescriptor;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StoreLogTest {
    @TempDir
    Path temp;

    private final List<Long> keys = new ArrayList<>();

    private DurableStoreContext context(final Durability durability) {
        return new DurableStoreContext()
                .directory(temp.resolve("store"))
                .sharedMemoryDirectory(temp)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .windowShift(22)
                .changeRingLength(64 * 1024)
                .logSegmentLength(64 * 1024)
                .checkpointIntervalNs(0)
                .durability(durability);
    }

    private final class Keys implements ChangeListener {
        @Override
        public void onChange(
                final long position, final StateDescriptor state, final DirectBuffer key, final DirectBuffer value) {
            keys.add(key.getLong(0, ByteOrder.LITTLE_ENDIAN));
        }

        @Override
        public void onClear(final long position, final StateDescriptor state) {
            throw new AssertionError("nothing was cleared");
        }
    }

    /** Follows over four owners, of which the second and third write nothing, and past the end of a segment. */
    @ParameterizedTest
    @EnumSource(
            value = Durability.class,
            names = {"PROCESS", "GROUP"})
    void shouldFollowOwnersThatWriteNothing(final Durability durability) {
        final DurableStoreContext context = context(durability);
        final List<Long> expected = new ArrayList<>();
        try (DurableStateStore store = DurableStateStore.open(context)) {
            store.longLongState("longs").put(0, 0);
            expected.add(0L);
        }
        try (StoreLog log = StoreLog.open(temp.resolve("store"), 0, temp, new Keys())) {
            drain(log);
            assertThat(keys).isEqualTo(expected);
            for (int i = 0; i < 2; i++) {
                DurableStateStore.open(context).close();
                drain(log);
            }
            try (DurableStateStore store = DurableStateStore.open(context)) {
                final LongLongState longs = store.longLongState("longs");
                for (long key = 1; key < 5000; key++) {
                    longs.put(key, key);
                    expected.add(key);
                    if (key == 10) {
                        drain(log);
                    }
                }
            }
            drain(log);
            assertThat(keys).isEqualTo(expected);
        }
    }

    private static void drain(final StoreLog log) {
        boolean isMore = true;
        while (isMore) {
            isMore = log.poll();
        }
    }
}

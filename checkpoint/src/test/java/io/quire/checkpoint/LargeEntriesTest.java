/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.BytesState;
import io.quire.store.Durability;
import io.quire.store.errors.StoreFullException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The longest keys and values go through memory, log, checkpoint and recovery; longer ones have no effect at all. */
class LargeEntriesTest {
    @TempDir
    Path temp;

    private DurableStateStore open() {
        return DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .durability(Durability.PROCESS)
                .liveMemory(LiveMemoryKind.ANONYMOUS)
                .changeRingLength(1024 * 1024)
                .checkpointIntervalNs(0)
                .checkpointOnClose(false));
    }

    private static UnsafeBuffer filled(final int length, final int salt) {
        final byte[] bytes = new byte[length];
        for (int i = 0; i < length; i += 61) {
            bytes[i] = (byte) (i * 31 + salt);
        }
        return new UnsafeBuffer(bytes);
    }

    @Test
    void shouldKeepTheLongestKeyAndValue() {
        final UnsafeBuffer key = filled(BytesState.KEY_LENGTH_MAX, 1);
        final UnsafeBuffer value = filled(BytesState.VALUE_LENGTH_MAX, 2);
        final UnsafeBuffer changed = filled(BytesState.VALUE_LENGTH_MAX, 3);
        try (DurableStateStore store = open()) {
            final BytesState state = store.bytesState("bytes");
            state.put(key, 0, key.capacity(), value, 0, value.capacity());
            assertThat(view(state, key)).isEqualTo(value);
        }
        try (DurableStateStore store = open()) { // from the log alone
            final BytesState state = store.bytesState("bytes");
            assertThat(view(state, key)).isEqualTo(value);
            store.checkpoint().join();
            state.put(key, 0, key.capacity(), changed, 0, changed.capacity());
            tooLong(state, key);
            assertThat(state.size()).isEqualTo(1);
            store.beginBatch();
            tooLong(state, key);
            assertThat(state.remove(key, 0, key.capacity())).isTrue();
            store.rollbackBatch();
            state.checkInvariants();
        }
        try (DurableStateStore store = open()) { // from a checkpoint and the log
            final BytesState state = store.bytesState("bytes");
            assertThat(view(state, key)).isEqualTo(changed);
            assertThat(state.remove(key, 0, key.capacity())).isTrue();
            state.checkInvariants();
            assertThat(state.statistics().extentCount()).isLessThan(4);
        }
    }

    private static UnsafeBuffer view(final BytesState state, final UnsafeBuffer key) {
        final UnsafeBuffer view = new UnsafeBuffer(0, 0);
        assertThat(state.wrap(key, 0, key.capacity(), view)).isTrue();
        return view;
    }

    private static void tooLong(final BytesState state, final UnsafeBuffer key) {
        final UnsafeBuffer longKey = new UnsafeBuffer(new byte[BytesState.KEY_LENGTH_MAX + 1]);
        final UnsafeBuffer longValue = new UnsafeBuffer(new byte[BytesState.VALUE_LENGTH_MAX + 1]);
        assertThatThrownBy(() -> state.put(key, 0, 8, longValue, 0, longValue.capacity()))
                .isInstanceOf(StoreFullException.class)
                .hasMessageContaining("found=67108865 most=67108864");
        assertThatThrownBy(() -> state.put(key, 0, key.capacity(), longValue, 0, longValue.capacity()))
                .isInstanceOf(StoreFullException.class);
        assertThatThrownBy(() -> state.put(longKey, 0, longKey.capacity(), longValue, 0, 8))
                .isInstanceOf(StoreFullException.class)
                .hasMessageContaining("found=1048577 most=1048576");
    }
}

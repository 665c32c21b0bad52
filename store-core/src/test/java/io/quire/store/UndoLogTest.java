/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.codec.Codecs;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.MapTable;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class UndoLogTest {
    private static final int LONG_UNDO_LENGTH = 8 + 8 + 16;

    @Test
    void shouldRefuseWhatItHasNoRoomForAndStillRollBackTheRest() {
        try (StateStore store = new StateStore(PagedMemory.anonymous(7))) {
            final LongLongState state = store.longLongState("s");
            state.put(1, 10);
            state.put(2, 20);
            final UndoLog undoLog = new UndoLog(LONG_UNDO_LENGTH + LONG_UNDO_LENGTH - 1);
            undoLog.saveLong(state.id, 1, true, 10);
            state.put(1, 11);
            assertThatThrownBy(() -> undoLog.saveLong(state.id, 2, true, 20))
                    .isInstanceOf(StoreFullException.class)
                    .hasMessageContaining("bytes=" + LONG_UNDO_LENGTH);
            assertThatThrownBy(() -> undoLog.saveBytes(
                            state.id, new byte[LONG_UNDO_LENGTH], RawMemory.ARRAY_OFFSET, LONG_UNDO_LENGTH, 0, 0))
                    .isInstanceOf(StoreFullException.class);
            undoLog.rollback(store.registry());
            assertThat(state.get(1, 0)).isEqualTo(10);
            assertThat(state.get(2, 0)).isEqualTo(20);
        }
    }

    @Test
    void shouldRefuseMoreThanAnArrayHolds() {
        assertThat((long) UndoLog.LENGTH_MAX).isLessThan(Integer.MAX_VALUE - 8);
        final UndoLog undoLog = new UndoLog();
        // Two lengths whose sum is no int any more: nothing is read before the refusal.
        assertThatThrownBy(() -> undoLog.saveBytes(1, null, 8, Integer.MAX_VALUE, 8, Integer.MAX_VALUE))
                .isInstanceOf(StoreFullException.class)
                .hasMessageContaining("needed=" + (2L * Integer.MAX_VALUE + 16));
    }

    @Test
    void shouldNotPutBackAnEntryOfAMapThatIsStillThere() {
        try (StateStore store = new StateStore(PagedMemory.anonymous(7))) {
            final MapState<Long, Long, Long> map =
                    store.state(TypedStateDescriptor.map("map", Codecs.LONG, Codecs.LONG, Codecs.LONG));
            map.putAll(1L, new TreeMap<>(Map.of(1L, 10L, 2L, 20L, 3L, 30L)));
            store.beginBatch();
            final MapTable table = map.bytes.table();
            final byte[] key = map.copyOfKey(1L);
            long entry = table.first(key, RawMemory.ARRAY_OFFSET, key.length);
            while (entry != MapTable.NONE) { // as a removal does that fails before it has removed anything
                map.bytes.saveEntry(entry);
                entry = table.next(entry);
            }
            store.rollbackBatch();
            map.bytes.checkInvariants();
            assertThat(map.keys(1L)).containsExactly(1L, 2L, 3L);
            assertThat(map.values(1L)).containsExactly(10L, 20L, 30L);
            assertThat(map.size(1L)).isEqualTo(3);
        }
    }
}

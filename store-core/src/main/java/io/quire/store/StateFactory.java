/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.memory.PagedMemory;
import io.quire.store.table.FixedBytesTable;
import io.quire.store.table.FixedTable;
import io.quire.store.table.ListTable;
import io.quire.store.table.MapTable;
import io.quire.store.table.RecordTable;
import io.quire.store.table.TimerTable;

/**
 * Which class stands for which kind of state. A new kind of state is one line here, one in {@link
 * io.quire.store.catalog.StateKind}, and its own class.
 *
 * <p>Threading: confined to the store's writer.
 */
final class StateFactory {
    private static final long NEW = 0;

    private StateFactory() {}

    /** Creates the table of a new state. */
    static KeyedState create(final StateStore store, final StateDescriptor descriptor) {
        return open(store, descriptor, NEW);
    }

    /** Opens the state whose table has this root. */
    static KeyedState open(final StateStore store, final StateDescriptor descriptor, final long root) {
        final PagedMemory memory = store.memory();
        return switch (descriptor.kind()) {
            case LONG_LONG -> new LongLongState(store, descriptor, fixedTable(memory, root));
            case LONG_DOUBLE -> new LongDoubleState(store, descriptor, fixedTable(memory, root));
            case LONG_SET -> new LongSetState(store, descriptor, longSetTable(memory, root));
            case LONG_BYTES -> new LongBytesState(store, descriptor, recordTable(memory, root));
            case FIXED_BYTES ->
                root == NEW ? FixedBytesState.create(store, descriptor) : FixedBytesState.open(store, descriptor, root);
            case BYTES, VALUE, REDUCING, AGGREGATING, SOURCES ->
                new BytesState(store, descriptor, recordTable(memory, root));
            case LIST -> new BytesListState(store, descriptor, listTable(memory, root));
            case MAP -> new BytesMapState(store, descriptor, mapTable(memory, root));
            case EVENT_TIME_TIMERS, PROCESSING_TIME_TIMERS ->
                new BytesTimerState(store, descriptor, timerTable(memory, root));
        };
    }

    private static FixedTable fixedTable(final PagedMemory memory, final long root) {
        return root == NEW ? FixedTable.create(memory) : FixedTable.open(memory, root);
    }

    private static FixedBytesTable longSetTable(final PagedMemory memory, final long root) {
        return root == NEW ? FixedBytesTable.create(memory, Long.BYTES, 0) : FixedBytesTable.open(memory, root);
    }

    private static RecordTable recordTable(final PagedMemory memory, final long root) {
        return root == NEW ? RecordTable.create(memory) : RecordTable.open(memory, root);
    }

    private static ListTable listTable(final PagedMemory memory, final long root) {
        return root == NEW ? ListTable.create(memory) : ListTable.open(memory, root);
    }

    private static MapTable mapTable(final PagedMemory memory, final long root) {
        return root == NEW ? MapTable.create(memory) : MapTable.open(memory, root);
    }

    private static TimerTable timerTable(final PagedMemory memory, final long root) {
        return root == NEW ? TimerTable.create(memory) : TimerTable.open(memory, root);
    }
}

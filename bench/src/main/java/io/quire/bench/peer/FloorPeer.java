/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A bound, not a peer: {@link FloorTable}, which is no more than a linear-probe table needs.
 *
 * <p>Settings: sized once for the entries, a power of two of slots at most six tenths full; no growth, dirty tracking,
 * log or bounds checks; memory touched beforehand.
 */
final class FloorPeer implements Peer {
    private final String name;
    private final NativeRegion.Kind memory;

    FloorPeer(final String name, final NativeRegion.Kind memory) {
        this.name = name;
        this.memory = memory;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean supports(final TableShape shape) {
        return shape.keyLength() == Long.BYTES;
    }

    @Override
    public Map<String, String> settings(final TableContext context) {
        final Map<String, String> settings = new LinkedHashMap<>();
        settings.put("table", "linear probe, keys and values inline");
        settings.put("slots", Long.toString(FloorTable.slotCount(context.entryCountMax())));
        settings.put("slotLength", Integer.toString(FloorTable.slotLength(context.shape())));
        settings.put("memory", memory.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '));
        settings.put("durability", "none");
        return settings;
    }

    @Override
    public long nativeLength(final TableContext context) {
        return memory == NativeRegion.Kind.FILE ? 0 : length(context);
    }

    @Override
    public long fileLength(final TableContext context) {
        return memory == NativeRegion.Kind.FILE ? length(context) : 0;
    }

    private static long length(final TableContext context) {
        return FloorTable.slotCount(context.entryCountMax()) * FloorTable.slotLength(context.shape());
    }

    @Override
    public KeyedTable open(final TableContext context) {
        final NativeRegion region =
                NativeRegion.map(memory, length(context), context.directory().resolve("floor"));
        return new FloorTable(context, region);
    }
}

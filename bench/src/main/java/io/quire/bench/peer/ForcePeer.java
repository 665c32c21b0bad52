/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * No contestant: the disk's own force, beside which those that force each write are judged. A write puts as many bytes
 * as a log block of {@code quire-sync} for the same write behind those of the one before, into a file whose space was
 * written with zeros and forced before, and forces them. Nothing else: no table, no checksum, no checkpoints.
 *
 * <p>Settings: {@code force} writes to a {@code FileChannel} and calls {@code force(false)}, which is {@code
 * fdatasync}; {@code force-dsync} writes to a {@code RandomAccessFile} opened with {@code rwd}, which is {@code
 * O_DSYNC}. At its end the file is begun anew.
 */
final class ForcePeer implements Peer {
    private final String name;
    private final boolean synchronous;
    private final boolean forced;

    private ForcePeer(final String name, final boolean synchronous, final boolean forced) {
        this.name = name;
        this.synchronous = synchronous;
        this.forced = forced;
    }

    /**
     * Makes the contestant.
     *
     * @param name of it
     * @param synchronous whether the write itself forces, rather than a call behind it
     */
    ForcePeer(final String name, final boolean synchronous) {
        this(name, synchronous, true);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public boolean supports(final TableShape shape) {
        return true;
    }

    @Override
    public boolean keepsEntries() {
        return false;
    }

    @Override
    public boolean durable() {
        return true;
    }

    @Override
    public Peer whileLoading() {
        return new ForcePeer(name, synchronous, false);
    }

    @Override
    public Map<String, String> settings(final TableContext context) {
        final Map<String, String> settings = new LinkedHashMap<>();
        settings.put("table", "none");
        settings.put("recordLength", Integer.toString(ForceTable.recordLength(context.shape())));
        settings.put("space", "zeros, forced before");
        settings.put("durability", synchronous ? "each write by O_DSYNC" : "each write, then fdatasync");
        return settings;
    }

    @Override
    public long nativeLength(final TableContext context) {
        return 0;
    }

    @Override
    public long fileLength(final TableContext context) {
        return ForceTable.FILE_LENGTH;
    }

    @Override
    public KeyedTable open(final TableContext context) {
        return new ForceTable(context, synchronous, forced);
    }
}

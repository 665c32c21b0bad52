/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * LMDB through lmdbjava with Agrona buffers.
 *
 * <p>Settings: {@code MDB_NOSYNC}, {@code MDB_NORDAHEAD}, {@code MDB_NOTLS}; {@code MDB_WRITEMAP} unless checkpoints
 * are taken (with it an unsynced crash of the system may damage the file); {@code MDB_INTEGERKEY} for long keys; one
 * write transaction per thousand writes, one read transaction renewed after each; read-modify-write by cursor with
 * {@code MDB_CURRENT}; lmdbjava's own checks off. A checkpoint commits and then calls {@code mdb_env_sync}. {@code
 * lmdb-sync} commits each write by itself, without {@code MDB_NOSYNC}.
 */
final class LmdbPeer implements Peer {
    private static final long SPARE_LENGTH = 256L << 20;
    private static final double SPACE_FACTOR = 2.2;
    private static final int OVERHEAD_LENGTH = 16;

    private final String name;
    private final boolean synced;

    LmdbPeer(final String name, final boolean synced) {
        this.name = name;
        this.synced = synced;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Peer whileLoading() {
        return synced ? new LmdbPeer(name, false) : this;
    }

    @Override
    public boolean supports(final TableShape shape) {
        return true;
    }

    @Override
    public boolean durable() {
        return true;
    }

    @Override
    public Map<String, String> settings(final TableContext context) {
        final Map<String, String> settings = new LinkedHashMap<>();
        settings.put("version", "lmdbjava " + PeerVersions.of("org.lmdbjava", "lmdbjava"));
        settings.put("flags", flags(context));
        settings.put("key", context.shape().keyLength() == Long.BYTES ? "MDB_INTEGERKEY" : "bytes");
        settings.put("writesPerTransaction", Integer.toString(LmdbTable.writesPerTransaction(synced)));
        settings.put("rmw", "cursor, MDB_CURRENT");
        settings.put("durability", durability(context));
        return settings;
    }

    private String flags(final TableContext context) {
        if (synced) {
            return "NORDAHEAD NOTLS";
        }
        return context.durable() ? "NOSYNC NORDAHEAD NOTLS" : "NOSYNC WRITEMAP NORDAHEAD NOTLS";
    }

    private String durability(final TableContext context) {
        if (synced) {
            return "each write synced";
        }
        return context.durable() ? "mdb_env_sync at a checkpoint" : "none";
    }

    @Override
    public List<String> jvmArguments() {
        return List.of(
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "-Dlmdbjava.disable.checks=true");
    }

    @Override
    public long nativeLength(final TableContext context) {
        return 0;
    }

    @Override
    public long fileLength(final TableContext context) {
        final long entryLength = (long) context.shape().entryLength() + OVERHEAD_LENGTH;
        return SPARE_LENGTH + (long) (SPACE_FACTOR * context.entryCountMax() * entryLength);
    }

    @Override
    public KeyedTable open(final TableContext context) {
        return new LmdbTable(context, 2 * fileLength(context), synced);
    }
}

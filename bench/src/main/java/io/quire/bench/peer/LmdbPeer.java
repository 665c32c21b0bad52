/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import static java.util.stream.Collectors.joining;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import io.quire.store.Durability;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lmdbjava.EnvFlags;

/**
 * LMDB through lmdbjava with Agrona buffers.
 *
 * <p>Settings: {@code MDB_NOSYNC}, {@code MDB_NORDAHEAD}, {@code MDB_NOTLS}; {@code MDB_WRITEMAP} unless checkpoints
 * are taken (with it an unsynced crash of the system may damage the file); {@code MDB_INTEGERKEY} for long keys; one
 * write transaction per thousand writes, one read transaction renewed after each; read-modify-write by cursor with
 * {@code MDB_CURRENT}; lmdbjava's own checks off. A checkpoint commits and then calls {@code mdb_env_sync}.
 *
 * <p>What is in a transaction that was not committed is lost with the process, so {@code lmdb} promises nothing. {@code
 * lmdb-process} commits each write by itself, with {@code MDB_NOSYNC} and without {@code MDB_WRITEMAP}: a process that
 * is killed loses nothing that the kernel has; after a power loss the file may lack the last transactions or, where
 * the file system reorders writes, be damaged. {@code lmdb-process-map} is the same with {@code MDB_WRITEMAP}, which
 * saves the system call of a commit and has the file damaged by a power loss more easily. {@code lmdb-sync} commits
 * each write by itself, without {@code MDB_NOSYNC}.
 */
final class LmdbPeer implements Peer {
    private static final long SPARE_LENGTH = 256L << 20;
    private static final double SPACE_FACTOR = 2.2;
    private static final int OVERHEAD_LENGTH = 16;
    private static final int WRITES_PER_TRANSACTION = 1000;

    private final String name;
    private final Durability durability;
    private final boolean mapped;

    private LmdbPeer(final String name, final Durability durability, final boolean mapped) {
        this.name = name;
        this.durability = durability;
        this.mapped = mapped;
    }

    LmdbPeer(final String name, final Durability durability) {
        this(name, durability, false);
    }

    /** {@return the contestant that commits each write to a mapping that may be written to, without a sync} */
    static LmdbPeer mapped(final String name) {
        return new LmdbPeer(name, Durability.PROCESS, true);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Peer whileLoading() {
        return durability == Durability.NONE ? this : new LmdbPeer(name, Durability.NONE);
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
        settings.put(
                "flags",
                flags(context).stream()
                        .map(flag -> flag.name().replace("MDB_", ""))
                        .collect(joining(" ")));
        settings.put("key", context.shape().keyLength() == Long.BYTES ? "MDB_INTEGERKEY" : "bytes");
        settings.put("writesPerTransaction", Integer.toString(writesPerTransaction()));
        settings.put("rmw", "cursor, MDB_CURRENT");
        settings.put("durability", describe(context));
        return settings;
    }

    private List<EnvFlags> flags(final TableContext context) {
        final List<EnvFlags> flags = new ArrayList<>();
        if (durability != Durability.SYNC) {
            flags.add(EnvFlags.MDB_NOSYNC);
        }
        if (mapped || (durability == Durability.NONE && !context.durable())) {
            flags.add(EnvFlags.MDB_WRITEMAP);
        }
        flags.add(EnvFlags.MDB_NORDAHEAD);
        flags.add(EnvFlags.MDB_NOTLS);
        return flags;
    }

    private int writesPerTransaction() {
        return durability == Durability.NONE ? WRITES_PER_TRANSACTION : 1;
    }

    private String describe(final TableContext context) {
        return switch (durability) {
            case SYNC -> "each write committed and synced";
            case NONE -> context.durable() ? "mdb_env_sync at a checkpoint" : "none";
            default -> "each write committed, no sync";
        };
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
        return new LmdbTable(context, 2 * fileLength(context), flags(context), writesPerTransaction());
    }
}

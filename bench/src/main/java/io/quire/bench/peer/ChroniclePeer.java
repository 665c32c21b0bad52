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
 * Chronicle Map, in memory or persisted to a mapped file, without {@code chronicle-analytics}.
 *
 * <p>Settings: key and value sizes constant, {@code entries()} told beforehand, segments and chunks by its own choice,
 * {@code putReturnsNull} and {@code removeReturnsNull}, no checksums of entries, which a persisted map otherwise writes
 * with each change and which nothing here reads; long keys and long values are {@code LongValue} flyweights,
 * byte values are {@code Byteable} references, so that a read points into the map's memory and nothing is allocated;
 * read-modify-write is {@code getUsing} and an add in place, which its documentation offers for a single writer. A file
 * that exists is opened by {@code createPersistedTo}, without the recovery that its documentation asks for after a
 * crash ({@code recoverPersistedTo}): restarts are shown at their shortest.
 */
final class ChroniclePeer implements Peer {
    private static final int OVERHEAD_LENGTH = 40;
    private static final double SIZE_FACTOR = 1.3;

    private final String name;
    private final ChronicleKeeping keeping;

    ChroniclePeer(final String name, final ChronicleKeeping keeping) {
        this.name = name;
        this.keeping = keeping;
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
    public boolean durable() {
        return keeping != ChronicleKeeping.MEMORY;
    }

    @Override
    public Map<String, String> settings(final TableContext context) {
        final Map<String, String> settings = new LinkedHashMap<>();
        settings.put("version", PeerVersions.of("net.openhft", "chronicle-map"));
        settings.put("memory", keeping.call);
        settings.put("key", context.shape().keyLength() == Long.BYTES ? "LongValue" : "byte[]");
        settings.put("value", context.shape().longValues() ? "LongValue" : "Byteable reference");
        settings.put("entries", Long.toString(context.entryCountMax()));
        settings.put("putReturnsNull", "true");
        settings.put("checksumEntries", "false");
        settings.put("rmw", "getUsing, add in place");
        settings.put("durability", keeping.durability);
        return settings;
    }

    @Override
    public List<String> jvmArguments() {
        return List.of(
                "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
                "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                "--add-exports=jdk.unsupported/sun.misc=ALL-UNNAMED",
                "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
                "--add-opens=jdk.compiler/com.sun.tools.javac=ALL-UNNAMED",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                "--add-opens=java.base/java.io=ALL-UNNAMED",
                "--add-opens=java.base/java.util=ALL-UNNAMED",
                "-Dchronicle.announcer.disable=true");
    }

    @Override
    public long nativeLength(final TableContext context) {
        return keeping == ChronicleKeeping.MEMORY ? length(context) : 0;
    }

    @Override
    public long fileLength(final TableContext context) {
        return keeping == ChronicleKeeping.MEMORY ? 0 : length(context);
    }

    private static long length(final TableContext context) {
        return (long) (SIZE_FACTOR * context.entryCountMax() * (context.shape().entryLength() + OVERHEAD_LENGTH));
    }

    @Override
    public KeyedTable open(final TableContext context) {
        return context.shape().longValues()
                ? new ChronicleLongTable(context, keeping)
                : new ChronicleBytesTable(context, keeping);
    }
}

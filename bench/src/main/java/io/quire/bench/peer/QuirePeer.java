/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyedTable;
import io.quire.bench.table.Peer;
import io.quire.bench.table.TableContext;
import io.quire.bench.table.TableShape;
import io.quire.checkpoint.LiveMemoryKind;
import io.quire.store.Durability;
import io.quire.store.FixedBytesState;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Quire itself, with its defaults but for what the name says: a {@code LongLongState}, or a {@code BytesState}, which
 * takes values of any length; {@code quire-fixed} is told the lengths beforehand, as Chronicle Map is, and keeps a
 * {@code FixedBytesState}. Byte keys and values are in buffers outside the heap; those of {@code quire-arrays} are in
 * arrays.
 *
 * <p>Settings: durability and live memory by name, {@code quire} alone being {@code NONE} and {@code AUTO}; checkpoints
 * on demand, and with a log whenever it has grown by a quarter of a gigabyte, untimed; no JVM flags.
 *
 * <p>{@code quire-group} is {@code GROUP} timed as {@code PROCESS} is, until a write is handed over; {@code
 * quire-group-durable} is the same store, but where latency is measured a write counts until {@code durablePosition}
 * has passed it. {@code quire-process-subscribed} is {@code quire-process} with a subscription to all changes, whose
 * listener reads eight bytes of each value; the log is held for it, and a run in which it ended is no run.
 *
 * <p>{@code quire-checkpoints} takes a checkpoint each second while the clock runs, where the measurement takes none
 * itself. The others take none while tables are compared, so no write is the first one to its page after a barrier and
 * they pay nothing for capture: what that costs is what {@code quire-checkpoints} is slower.
 */
final class QuirePeer implements Peer {
    private static final long SPARE_LENGTH = 256L << 20;
    private static final int OVERHEAD_LENGTH = 40;
    private static final double GROWTH_FACTOR = 1.4;

    private final String name;
    private final Durability durability;
    private final LiveMemoryKind liveMemory;
    private final Interface through;
    private final Extra extra;

    /** What byte keys and values are kept by and given in. */
    private enum Interface {
        /** A BytesState, buffers outside the heap. */
        NATIVE,
        /** A BytesState, buffers around arrays. */
        ARRAYS,
        /** A FixedBytesState, buffers outside the heap. */
        FIXED
    }

    /** What is asked of the store besides. */
    enum Extra {
        /** Nothing. */
        NOTHING,
        /** A latency run counts a write until it survives power loss, rather than until its call returns. */
        TIMED_UNTIL_DURABLE,
        /** A subscription in the same process is handed every change, and reads each value. */
        SUBSCRIBED,
        /** A checkpoint each second, where the measurement takes none itself. */
        CHECKPOINTS
    }

    private QuirePeer(
            final String name,
            final Durability durability,
            final LiveMemoryKind liveMemory,
            final Interface through,
            final Extra extra) {
        this.name = name;
        this.durability = durability;
        this.liveMemory = liveMemory;
        this.through = through;
        this.extra = extra;
    }

    QuirePeer(final String name, final Durability durability, final LiveMemoryKind liveMemory) {
        this(name, durability, liveMemory, Interface.NATIVE, Extra.NOTHING);
    }

    /** {@return the contestant that forces in groups, and whose writes count until they were forced} */
    static QuirePeer timedUntilDurable(final String name) {
        return new QuirePeer(name, Durability.GROUP, LiveMemoryKind.AUTO, Interface.NATIVE, Extra.TIMED_UNTIL_DURABLE);
    }

    /** {@return the contestant whose change log is followed by a subscriber} */
    static QuirePeer subscribed(final String name) {
        return new QuirePeer(name, Durability.PROCESS, LiveMemoryKind.AUTO, Interface.NATIVE, Extra.SUBSCRIBED);
    }

    /** {@return the contestant that takes a checkpoint each second} */
    static QuirePeer withCheckpoints(final String name) {
        return new QuirePeer(name, Durability.NONE, LiveMemoryKind.AUTO, Interface.NATIVE, Extra.CHECKPOINTS);
    }

    /** {@return the contestant that keeps byte values of one length inline} */
    static QuirePeer withFixedLengths(final String name) {
        return new QuirePeer(name, Durability.NONE, LiveMemoryKind.AUTO, Interface.FIXED, Extra.NOTHING);
    }

    /** {@return the contestant whose byte keys and values are in arrays} */
    static QuirePeer withArrays(final String name) {
        return new QuirePeer(name, Durability.NONE, LiveMemoryKind.AUTO, Interface.ARRAYS, Extra.NOTHING);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Peer whileLoading() {
        return durability == Durability.SYNC
                ? new QuirePeer(name, Durability.PROCESS, liveMemory, through, extra)
                : this;
    }

    @Override
    public boolean supports(final TableShape shape) {
        return switch (through) {
            case NATIVE -> true;
            case ARRAYS -> !shape.longValues();
            case FIXED ->
                !shape.longValues()
                        && shape.keyLength() <= FixedBytesState.KEY_LENGTH_MAX
                        && shape.valueLength() <= FixedBytesState.VALUE_LENGTH_MAX;
        };
    }

    @Override
    public boolean durable() {
        return true;
    }

    @Override
    public Map<String, String> settings(final TableContext context) {
        final Map<String, String> settings = new LinkedHashMap<>();
        settings.put("table", kindOf(context.shape()).stateName);
        if (!context.shape().longValues()) {
            settings.put("buffers", through == Interface.ARRAYS ? "arrays" : "outside the heap");
        }
        settings.put("liveMemory", liveMemory.name().toLowerCase(Locale.ROOT));
        settings.put("checkpoints", checkpoints(context));
        settings.put("rmw", "addAndGet");
        settings.put("durability", durability.name());
        if (extra == Extra.TIMED_UNTIL_DURABLE) {
            settings.put("timedUntil", "durablePosition has passed it");
        }
        if (extra == Extra.SUBSCRIBED) {
            settings.put("subscriber", "in the same process, from the log's end, reads each value");
        }
        return settings;
    }

    private String checkpoints(final TableContext context) {
        if (QuireStore.checkpointIntervalNs(context, extra) > 0) {
            return "each second, timed";
        }
        return durability == Durability.NONE ? "on demand" : "on demand, and for the log";
    }

    @Override
    public long nativeLength(final TableContext context) {
        return liveMemory == LiveMemoryKind.DIRECTORY ? 0 : liveLength(context);
    }

    private static long liveLength(final TableContext context) {
        final long entryLength = (long) context.shape().entryLength() + OVERHEAD_LENGTH;
        return SPARE_LENGTH + (long) (GROWTH_FACTOR * entryLength * context.entryCountMax());
    }

    @Override
    public long fileLength(final TableContext context) {
        final long liveFileLength = liveMemory == LiveMemoryKind.DIRECTORY ? liveLength(context) : 0;
        final boolean checkpointing = QuireStore.checkpointIntervalNs(context, extra) > 0;
        if (durability == Durability.NONE && !checkpointing) {
            return liveFileLength;
        }
        final long entryLength = (long) context.shape().entryLength() + OVERHEAD_LENGTH;
        final long logLength = durability == Durability.NONE ? 0 : 2 * QuireStore.LOG_LENGTH_MAX;
        return liveFileLength + logLength + (checkpointing ? 3 : 2) * entryLength * context.entryCountMax();
    }

    @Override
    public KeyedTable open(final TableContext context) {
        final QuireStore store = new QuireStore(context, durability, liveMemory, extra);
        return switch (kindOf(context.shape())) {
            case LONGS -> new QuireLongTable(store);
            case FIXED_BYTES -> new QuireFixedTable(store, context.shape());
            case BYTES ->
                through == Interface.ARRAYS
                        ? new QuireArraysTable(store, context.shape())
                        : new QuireBytesTable(store, context.shape());
        };
    }

    /** Which state keeps entries of this shape. */
    private Kind kindOf(final TableShape shape) {
        if (through == Interface.FIXED) {
            return Kind.FIXED_BYTES;
        }
        return shape.longValues() ? Kind.LONGS : Kind.BYTES;
    }

    private enum Kind {
        LONGS("LongLongState"),
        FIXED_BYTES("FixedBytesState"),
        BYTES("BytesState");

        private final String stateName;

        Kind(final String stateName) {
            this.stateName = stateName;
        }
    }
}

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
 * {@code FixedBytesState}.
 *
 * <p>Settings: durability and live memory by name, {@code quire} alone being {@code NONE} and {@code AUTO}; checkpoints
 * on demand only; no JVM flags.
 */
final class QuirePeer implements Peer {
    private static final long SPARE_LENGTH = 256L << 20;
    private static final int OVERHEAD_LENGTH = 40;
    private static final double GROWTH_FACTOR = 1.4;

    private final String name;
    private final Durability durability;
    private final LiveMemoryKind liveMemory;
    private final boolean fixedLengths;

    private QuirePeer(
            final String name,
            final Durability durability,
            final LiveMemoryKind liveMemory,
            final boolean fixedLengths) {
        this.name = name;
        this.durability = durability;
        this.liveMemory = liveMemory;
        this.fixedLengths = fixedLengths;
    }

    QuirePeer(final String name, final Durability durability, final LiveMemoryKind liveMemory) {
        this(name, durability, liveMemory, false);
    }

    /** {@return the contestant that keeps byte values of one length inline} */
    static QuirePeer withFixedLengths(final String name) {
        return new QuirePeer(name, Durability.NONE, LiveMemoryKind.AUTO, true);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Peer whileLoading() {
        return durability == Durability.SYNC ? new QuirePeer(name, Durability.PROCESS, liveMemory, fixedLengths) : this;
    }

    @Override
    public boolean supports(final TableShape shape) {
        return !fixedLengths
                || (!shape.longValues()
                        && shape.keyLength() <= FixedBytesState.KEY_LENGTH_MAX
                        && shape.valueLength() <= FixedBytesState.VALUE_LENGTH_MAX);
    }

    @Override
    public boolean durable() {
        return true;
    }

    @Override
    public Map<String, String> settings(final TableContext context) {
        final Map<String, String> settings = new LinkedHashMap<>();
        settings.put("table", kindOf(context.shape()).stateName);
        settings.put("liveMemory", liveMemory.name().toLowerCase(Locale.ROOT));
        settings.put("checkpoints", "on demand");
        settings.put("rmw", "addAndGet");
        settings.put("durability", durability.name());
        return settings;
    }

    @Override
    public long nativeLength(final TableContext context) {
        final long entryLength = (long) context.shape().entryLength() + OVERHEAD_LENGTH;
        return SPARE_LENGTH + (long) (GROWTH_FACTOR * entryLength * context.entryCountMax());
    }

    @Override
    public KeyedTable open(final TableContext context) {
        final QuireStore store = new QuireStore(context, durability, liveMemory);
        return switch (kindOf(context.shape())) {
            case LONGS -> new QuireLongTable(store);
            case FIXED_BYTES -> new QuireFixedTable(store, context.shape());
            case BYTES -> new QuireBytesTable(store, context.shape());
        };
    }

    /** Which state keeps entries of this shape. */
    private Kind kindOf(final TableShape shape) {
        if (fixedLengths) {
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

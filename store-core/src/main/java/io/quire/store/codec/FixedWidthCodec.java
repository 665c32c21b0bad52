/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.CorruptStoreException;
import java.nio.ByteOrder;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.UUID;
import java.util.function.Function;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Values of one width, little-endian. Writing allocates nothing. No byte says under which schema a value was written: a
 * number can only be replaced by a wider one, so its length does.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param <T> type of the values
 */
abstract class FixedWidthCodec<T> extends StructuredCodec<T> {
    FixedWidthCodec(final Schema.Kind kind) {
        super(Schema.leaf(kind));
    }

    @Override
    public final boolean marked() {
        return false;
    }

    @Override
    public final int encode(final T value, final MutableDirectBuffer buffer, final int offset) {
        write(value, buffer, offset);
        return structure().kind().width();
    }

    @Override
    public final T decode(final DirectBuffer buffer, final int offset, final int length) {
        if (length != structure().kind().width()) {
            throw new CorruptStoreException("value is not of its codec's width: codec=" + id() + " found=" + length
                    + " expected=" + structure().kind().width());
        }
        return get(buffer, offset);
    }

    @Override
    final T read(final ValueReader in) {
        return get(in.buffer(), in.take(structure().kind().width()));
    }

    /** Reads a value where all its bytes are. */
    abstract T get(DirectBuffer buffer, int offset);

    private static CorruptStoreException damaged(final String what) {
        return new CorruptStoreException("value is damaged: " + what);
    }

    @Override
    final InlineReader<T> resolve(final Schema written, final boolean distinct) {
        if (written.kind() == structure().kind()) {
            return this::read;
        }
        final InlineReader<T> widened = widened(written.kind());
        if (widened == null) {
            throw cannotRead(written);
        }
        return widened;
    }

    /** Reads numbers of another kind without loss; null when that cannot be. */
    InlineReader<T> widened(final Schema.Kind written) {
        return null;
    }

    /** Whether every number of one kind is one of the other, which is also wider. */
    static boolean widens(final Schema.Kind from, final Schema.Kind to) {
        return switch (from) {
            case BYTE ->
                to == Schema.Kind.SHORT
                        || to == Schema.Kind.INT
                        || to == Schema.Kind.LONG
                        || to == Schema.Kind.FLOAT
                        || to == Schema.Kind.DOUBLE;
            case SHORT ->
                to == Schema.Kind.INT || to == Schema.Kind.LONG || to == Schema.Kind.FLOAT || to == Schema.Kind.DOUBLE;
            case INT -> to == Schema.Kind.LONG || to == Schema.Kind.DOUBLE;
            case FLOAT -> to == Schema.Kind.DOUBLE;
            default -> false;
        };
    }

    private static Number number(final Schema.Kind kind, final ValueReader in) {
        return switch (kind) {
            case BYTE -> in.readByte();
            case SHORT -> in.readShort();
            case INT -> in.readInt();
            default -> in.readFloat();
        };
    }

    private abstract static class NumberCodec<T extends Number> extends FixedWidthCodec<T> {
        private final Function<Number, T> conversion;

        NumberCodec(final Schema.Kind kind, final Function<Number, T> conversion) {
            super(kind);
            this.conversion = conversion;
        }

        @Override
        final InlineReader<T> widened(final Schema.Kind written) {
            return widens(written, structure().kind()) ? in -> conversion.apply(number(written, in)) : null;
        }
    }

    static final class BooleanCodec extends FixedWidthCodec<Boolean> {
        BooleanCodec() {
            super(Schema.Kind.BOOLEAN);
        }

        @Override
        int write(final Boolean value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putByte(offset, value ? (byte) 1 : 0);
            return offset + Byte.BYTES;
        }

        @Override
        Boolean get(final DirectBuffer buffer, final int offset) {
            final byte value = buffer.getByte(offset);
            if ((value & ~1) != 0) {
                throw damaged("a flag is neither 0 nor 1");
            }
            return value != 0;
        }
    }

    static final class ByteCodec extends NumberCodec<Byte> {
        ByteCodec() {
            super(Schema.Kind.BYTE, Number::byteValue);
        }

        @Override
        int write(final Byte value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putByte(offset, value);
            return offset + Byte.BYTES;
        }

        @Override
        Byte get(final DirectBuffer buffer, final int offset) {
            return buffer.getByte(offset);
        }
    }

    static final class ShortCodec extends NumberCodec<Short> {
        ShortCodec() {
            super(Schema.Kind.SHORT, Number::shortValue);
        }

        @Override
        int write(final Short value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putShort(offset, value, ByteOrder.LITTLE_ENDIAN);
            return offset + Short.BYTES;
        }

        @Override
        Short get(final DirectBuffer buffer, final int offset) {
            return buffer.getShort(offset, ByteOrder.LITTLE_ENDIAN);
        }
    }

    static final class CharCodec extends FixedWidthCodec<Character> {
        CharCodec() {
            super(Schema.Kind.CHAR);
        }

        @Override
        int write(final Character value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putChar(offset, value, ByteOrder.LITTLE_ENDIAN);
            return offset + Character.BYTES;
        }

        @Override
        Character get(final DirectBuffer buffer, final int offset) {
            return buffer.getChar(offset, ByteOrder.LITTLE_ENDIAN);
        }
    }

    static final class IntCodec extends NumberCodec<Integer> {
        IntCodec() {
            super(Schema.Kind.INT, Number::intValue);
        }

        @Override
        int write(final Integer value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putInt(offset, value, ByteOrder.LITTLE_ENDIAN);
            return offset + Integer.BYTES;
        }

        @Override
        Integer get(final DirectBuffer buffer, final int offset) {
            return buffer.getInt(offset, ByteOrder.LITTLE_ENDIAN);
        }
    }

    static final class LongCodec extends NumberCodec<Long> {
        LongCodec() {
            super(Schema.Kind.LONG, Number::longValue);
        }

        @Override
        int write(final Long value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putLong(offset, value, ByteOrder.LITTLE_ENDIAN);
            return offset + Long.BYTES;
        }

        @Override
        Long get(final DirectBuffer buffer, final int offset) {
            return buffer.getLong(offset, ByteOrder.LITTLE_ENDIAN);
        }
    }

    /** Keeps the bits of every NaN. */
    static final class FloatCodec extends NumberCodec<Float> {
        FloatCodec() {
            super(Schema.Kind.FLOAT, Number::floatValue);
        }

        @Override
        int write(final Float value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putInt(offset, Float.floatToRawIntBits(value), ByteOrder.LITTLE_ENDIAN);
            return offset + Float.BYTES;
        }

        @Override
        Float get(final DirectBuffer buffer, final int offset) {
            return Float.intBitsToFloat(buffer.getInt(offset, ByteOrder.LITTLE_ENDIAN));
        }
    }

    /** Keeps the bits of every NaN. */
    static final class DoubleCodec extends NumberCodec<Double> {
        DoubleCodec() {
            super(Schema.Kind.DOUBLE, Number::doubleValue);
        }

        @Override
        int write(final Double value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putLong(offset, Double.doubleToRawLongBits(value), ByteOrder.LITTLE_ENDIAN);
            return offset + Double.BYTES;
        }

        @Override
        Double get(final DirectBuffer buffer, final int offset) {
            return Double.longBitsToDouble(buffer.getLong(offset, ByteOrder.LITTLE_ENDIAN));
        }
    }

    /** Most significant half first, each half little-endian. */
    static final class UuidCodec extends FixedWidthCodec<UUID> {
        UuidCodec() {
            super(Schema.Kind.UUID);
        }

        @Override
        int write(final UUID value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putLong(offset, value.getMostSignificantBits(), ByteOrder.LITTLE_ENDIAN);
            buffer.putLong(offset + Long.BYTES, value.getLeastSignificantBits(), ByteOrder.LITTLE_ENDIAN);
            return offset + 2 * Long.BYTES;
        }

        @Override
        UUID get(final DirectBuffer buffer, final int offset) {
            return new UUID(
                    buffer.getLong(offset, ByteOrder.LITTLE_ENDIAN),
                    buffer.getLong(offset + Long.BYTES, ByteOrder.LITTLE_ENDIAN));
        }
    }

    /** Seconds since 1970 as a long, then nanoseconds of the second as an int. */
    static final class InstantCodec extends FixedWidthCodec<Instant> {
        private static final int NANOSECONDS_PER_SECOND = 1_000_000_000;

        InstantCodec() {
            super(Schema.Kind.INSTANT);
        }

        @Override
        int write(final Instant value, final MutableDirectBuffer buffer, final int offset) {
            buffer.putLong(offset, value.getEpochSecond(), ByteOrder.LITTLE_ENDIAN);
            buffer.putInt(offset + Long.BYTES, value.getNano(), ByteOrder.LITTLE_ENDIAN);
            return offset + Long.BYTES + Integer.BYTES;
        }

        @Override
        Instant get(final DirectBuffer buffer, final int offset) {
            final long seconds = buffer.getLong(offset, ByteOrder.LITTLE_ENDIAN);
            final int nanoseconds = buffer.getInt(offset + Long.BYTES, ByteOrder.LITTLE_ENDIAN);
            if (nanoseconds < 0 || nanoseconds >= NANOSECONDS_PER_SECOND) {
                throw damaged("an instant has no such nanosecond");
            }
            try {
                return Instant.ofEpochSecond(seconds, nanoseconds);
            } catch (final DateTimeException e) {
                throw damaged("an instant is out of range");
            }
        }
    }
}

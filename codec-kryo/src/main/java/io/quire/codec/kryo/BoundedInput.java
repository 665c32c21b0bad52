/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.codec.kryo;

import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.io.Input;

/**
 * An input over the bytes of one value that allocates no string and no array of numbers before it has seen that there
 * are that many bytes.
 *
 * <p>Threading: confined to one thread.
 */
final class BoundedInput extends Input {
    int remaining() {
        return limit() - position();
    }

    private int checked(final int count) {
        if (count < 0 || count > remaining()) {
            throw new KryoException("needed=" + count + " left=" + remaining());
        }
        return count;
    }

    /** Looks at a count that comes next, of things that take a byte or more each. */
    void checkCount() {
        final int start = position();
        checked(readVarInt(true));
        setPosition(start);
    }

    /** Strings that are not ASCII begin with their length and one. */
    private void checkString() {
        final int start = position();
        if (readVarIntFlag()) {
            checked(Math.max(0, readVarIntFlag(true) - 1));
        }
        setPosition(start);
    }

    @Override
    public String readString() {
        checkString();
        return super.readString();
    }

    @Override
    public StringBuilder readStringBuilder() {
        checkString();
        return super.readStringBuilder();
    }

    @Override
    public byte[] readBytes(final int length) {
        return super.readBytes(checked(length));
    }

    @Override
    public boolean[] readBooleans(final int length) {
        return super.readBooleans(checked(length));
    }

    @Override
    public short[] readShorts(final int length) {
        return super.readShorts(checked(length));
    }

    @Override
    public char[] readChars(final int length) {
        return super.readChars(checked(length));
    }

    @Override
    public int[] readInts(final int length) {
        return super.readInts(checked(length));
    }

    @Override
    public int[] readInts(final int length, final boolean optimizePositive) {
        return super.readInts(checked(length), optimizePositive);
    }

    @Override
    public long[] readLongs(final int length) {
        return super.readLongs(checked(length));
    }

    @Override
    public long[] readLongs(final int length, final boolean optimizePositive) {
        return super.readLongs(checked(length), optimizePositive);
    }

    @Override
    public float[] readFloats(final int length) {
        return super.readFloats(checked(length));
    }

    @Override
    public double[] readDoubles(final int length) {
        return super.readDoubles(checked(length));
    }
}

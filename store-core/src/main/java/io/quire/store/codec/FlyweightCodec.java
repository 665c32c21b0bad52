/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import io.quire.store.errors.StateMismatchException;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Values that are read where they lie, through a flyweight such as those SBE generates. {@link #decode} wraps the bytes
 * and copies nothing; neither way allocates.
 *
 * <p>Validity: decode returns the same flyweight each time, and what it wraps is the store's own memory. It may be used
 * until the next call on the store, whichever it is; what is to be kept is copied out before. Touching it after the
 * store was closed can end the JVM.
 *
 * <p>The version a value was written with is handed to the flyweight, as SBE's acting version: fields added since then
 * read as absent. Values of newer versions than the codec's are refused when the state is opened.
 *
 * <p>Threading: confined to one thread; each state has its own.
 *
 * @param <F> the flyweight
 */
public final class FlyweightCodec<F> implements Codec<F> {
    private final String id;
    private final int version;
    private final int actingVersion;
    private final F flyweight;
    private final Wrapper<F> wrapper;
    private final Writer<F> writer;

    /**
     * Creates the codec.
     *
     * @param id name of the format
     * @param version version of the flyweight's schema, 1 or more
     * @param flyweight what decode returns
     * @param wrapper sets it to the bytes of a value
     * @param writer copies a value out of a flyweight, this or another
     */
    public FlyweightCodec(
            final String id, final int version, final F flyweight, final Wrapper<F> wrapper, final Writer<F> writer) {
        this(id, version, version, flyweight, wrapper, writer);
    }

    private FlyweightCodec(
            final String id,
            final int version,
            final int actingVersion,
            final F flyweight,
            final Wrapper<F> wrapper,
            final Writer<F> writer) {
        this.id = Objects.requireNonNull(id, "id");
        this.version = version;
        this.actingVersion = actingVersion;
        this.flyweight = Objects.requireNonNull(flyweight, "flyweight");
        this.wrapper = Objects.requireNonNull(wrapper, "wrapper");
        this.writer = Objects.requireNonNull(writer, "writer");
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public int version() {
        return version;
    }

    @Override
    public Codec<F> readerOf(final String writtenId, final int writtenVersion, final String schema) {
        if (!writtenId.equals(id) || writtenVersion > version || !schema.isEmpty()) {
            throw new StateMismatchException("flyweight " + id + " v" + version + " reads its own older versions only");
        }
        return new FlyweightCodec<>(id, version, writtenVersion, flyweight, wrapper, writer);
    }

    @Override
    public int encode(final F value, final MutableDirectBuffer buffer, final int offset) {
        return writer.write(value, buffer, offset);
    }

    @Override
    public F decode(final DirectBuffer buffer, final int offset, final int length) {
        wrapper.wrap(flyweight, buffer, offset, length, actingVersion);
        return flyweight;
    }

    /**
     * Sets a flyweight to the bytes of a value.
     *
     * @param <F> the flyweight
     */
    @FunctionalInterface
    public interface Wrapper<F> {
        /**
         * Wraps a value.
         *
         * @param flyweight what to set
         * @param buffer holds the value
         * @param offset its first byte
         * @param length its bytes; nothing beyond them may be read
         * @param actingVersion version it was written with
         */
        void wrap(F flyweight, DirectBuffer buffer, int offset, int length, int actingVersion);
    }

    /**
     * Copies the value that a flyweight wraps.
     *
     * @param <F> the flyweight
     */
    @FunctionalInterface
    public interface Writer<F> {
        /**
         * Copies the value.
         *
         * @param flyweight wraps it
         * @param buffer grows as needed
         * @param offset where the first byte goes
         * @return bytes copied
         */
        int write(F flyweight, MutableDirectBuffer buffer, int offset);
    }
}

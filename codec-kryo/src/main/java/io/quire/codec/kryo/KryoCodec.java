/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.codec.kryo;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.KryoException;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.KryoBufferOverflowException;
import com.esotericsoftware.kryo.io.Output;
import io.quire.store.codec.Codec;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateMismatchException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.errors.StoreFullException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * Values through Kryo 5, for classes that the built-in codecs do not write. Every class has to be registered with a
 * number; no class is ever loaded by a name that was read. Java serialization is refused, also for fields, elements,
 * keys and values that an annotation or a factory gives a serializer.
 *
 * <pre>{@code
 * Codec<Order> orders = KryoCodec.builder("shop.order", 1, Order.class)
 *         .register(10, Order.class)
 *         .register(11, ArrayList.class)
 *         .build();
 * }</pre>
 *
 * <p>Kryo's plain serializers write fields one after the other and nothing that tells them apart, so a class that has
 * changed would be misread. Therefore the schema records, for each number, class, serializer, and names and types of
 * the fields, components or constants, and what a field was given: serializer, class, encoding. A state can be opened
 * with a codec that knows more classes, and whose enums have more constants at the end. A class whose fields changed is
 * refused, unless it is registered with {@code CompatibleFieldSerializer}, {@code TaggedFieldSerializer} or {@code
 * VersionFieldSerializer}, whose rules then hold.
 *
 * <p>A value may have so many bytes and, in collections, maps and arrays of objects together, so many elements; both
 * limits hold when writing and when reading, so damaged bytes cannot make reading allocate much more. A field cannot be
 * given one of Kryo's serializers of collections, maps or arrays of objects, as {@code @BindCollection} and
 * {@code @BindMap} do, because those believe any length. A serializer that is given with {@code register}, and one of
 * the user's own for a field, sees to its lengths itself; Kryo's own of collections, maps and arrays of objects, and
 * chunked encoding, are refused there.
 *
 * <p>Bytes: a class number of one byte up to 125, then what the serializers write. Kryo allocates as it reads; writing
 * allocates little. Each value is copied once on its way in and out.
 *
 * <p>Threading: thread-safe, with a Kryo for each thread.
 *
 * @param <T> type of the values
 */
public final class KryoCodec<T> implements Codec<T> {
    /** Bytes a value may have if nothing else is said. */
    public static final int LENGTH_MAX_DEFAULT = 1024 * 1024;
    /** Elements a value may have if nothing else is said. */
    public static final int ELEMENT_COUNT_MAX_DEFAULT = 64 * 1024;
    /** Objects that may stand inside each other. */
    public static final int DEPTH_MAX = 100;
    /** Lowest number a class can have: those below are Kryo's. */
    public static final int NUMBER_MIN = 10;

    private static final String SCHEMA_HEAD = "kryo5";
    private static final String SEPARATOR = ";";
    private static final int BUFFER_LENGTH = 256;

    private final String id;
    private final int version;
    private final Class<T> type;
    private final List<KryoClass<?>> classes;
    private final boolean references;
    private final int lengthMax;
    private final int elementCountMax;
    private final String schema;
    private final ThreadLocal<Session> sessions = ThreadLocal.withInitial(this::newSession);

    private KryoCodec(final Builder<T> builder) {
        id = builder.id;
        version = builder.version;
        type = builder.type;
        classes = List.copyOf(builder.classes.values());
        references = builder.references;
        lengthMax = builder.lengthMax;
        elementCountMax = builder.elementCountMax;
        schema = register(newKryo());
    }

    /**
     * Begins to describe a codec.
     *
     * @param id name of the format
     * @param version version of the format, 1 or more
     * @param type type of the values
     * @param <T> type of the values
     * @return a builder
     */
    public static <T> Builder<T> builder(final String id, final int version, final Class<T> type) {
        return new Builder<>(id, version, type);
    }

    private BoundedKryo newKryo() {
        final BoundedKryo kryo = new BoundedKryo(id, elementCountMax);
        kryo.setReferences(references);
        kryo.setMaxDepth(DEPTH_MAX);
        return kryo;
    }

    private Session newSession() {
        final BoundedKryo kryo = newKryo();
        register(kryo);
        return new Session(kryo, new Output(Math.min(BUFFER_LENGTH, lengthMax), lengthMax), new BoundedInput());
    }

    private String register(final Kryo kryo) {
        final StringBuilder text = new StringBuilder(SCHEMA_HEAD);
        text.append(references ? " references" : "");
        for (final KryoClass<?> registered : classes) {
            text.append(SEPARATOR).append(registered.register(kryo));
        }
        return text.toString();
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
    public String schema() {
        return schema;
    }

    @Override
    public Codec<T> readerOf(final String writtenId, final int writtenVersion, final String writtenSchema) {
        if (!writtenId.equals(id)) {
            throw new StateMismatchException("codec " + id + " reads its own values only");
        }
        final String[] present = schema.split(SEPARATOR, -1);
        final String[] written = writtenSchema.split(SEPARATOR, -1);
        if (!present[0].equals(written[0])) {
            throw new StateMismatchException(written[0] + " cannot be read as " + present[0]);
        }
        final Map<String, String> byNumber = new HashMap<>();
        for (int i = 1; i < present.length; i++) {
            byNumber.put(number(present[i]), present[i]);
        }
        for (int i = 1; i < written.length; i++) {
            final String entry = byNumber.get(number(written[i]));
            if (!KryoClass.reads(entry, written[i])) {
                throw new StateMismatchException("class " + written[i] + " cannot be read as "
                        + (entry == null ? "there is none of its number" : entry));
            }
        }
        return this;
    }

    private static String number(final String entry) {
        return entry.substring(0, Math.max(0, entry.indexOf('=')));
    }

    /**
     * Writes a value.
     *
     * @throws ConfigurationException when it holds an object of a class that is not registered
     * @throws StoreFullException when it has more bytes or elements than allowed
     */
    @Override
    public int encode(final T value, final MutableDirectBuffer buffer, final int offset) {
        Objects.requireNonNull(value, "value");
        final Session session = sessions.get();
        final Output output = session.output;
        output.reset();
        session.kryo.begin();
        try {
            session.kryo.writeClassAndObject(output, value);
        } catch (final RuntimeException e) {
            throw encodingFailed(e);
        }
        buffer.putBytes(offset, output.getBuffer(), 0, output.position());
        return output.position();
    }

    /** Kryo wraps what it catches on its way through the fields. */
    private RuntimeException encodingFailed(final RuntimeException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof StateStoreException known) {
                return known;
            }
            if (cause instanceof KryoBufferOverflowException) {
                return new StoreFullException(
                        "value has more bytes than its codec allows: codec=" + id + " allowed=" + lengthMax, e);
            }
            if (cause instanceof BoundedKryo.LimitExceededException) {
                return new StoreFullException(
                        "value has too much for its codec: codec=" + id + " " + cause.getMessage(), e);
            }
        }
        return e;
    }

    @Override
    public T decode(final DirectBuffer buffer, final int offset, final int length) {
        if (length > lengthMax) {
            throw new CorruptStoreException("value has more bytes than its codec allows: codec=" + id + " length="
                    + length + " allowed=" + lengthMax);
        }
        final Session session = sessions.get();
        final BoundedInput input = session.input;
        input.setBuffer(session.copy(buffer, offset, length), 0, length);
        session.kryo.begin();
        final Object value;
        try {
            value = session.kryo.readClassAndObject(input);
        } catch (final RuntimeException e) {
            // The message may hold content, so it stays out of this one.
            throw new CorruptStoreException(
                    "value cannot be read: codec=" + id + " length=" + length + " offset="
                            + Math.min(length, input.position()) + " cause="
                            + e.getClass().getName(),
                    e);
        }
        if (input.remaining() != 0 || !type.isInstance(value)) {
            throw new CorruptStoreException(
                    "value is damaged: codec=" + id + " length=" + length + " left=" + input.remaining() + " class="
                            + (value == null ? "none" : value.getClass().getName()));
        }
        return type.cast(value);
    }

    /** What one thread uses. */
    private static final class Session {
        private final BoundedKryo kryo;
        private final Output output;
        private final BoundedInput input;
        private byte[] bytes = new byte[BUFFER_LENGTH];

        Session(final BoundedKryo kryo, final Output output, final BoundedInput input) {
            this.kryo = kryo;
            this.output = output;
            this.input = input;
        }

        byte[] copy(final DirectBuffer buffer, final int offset, final int length) {
            buffer.boundsCheck(offset, length);
            if (bytes.length < length) {
                bytes = new byte[Math.max(length, 2 * bytes.length)];
            }
            buffer.getBytes(offset, bytes, 0, length);
            return bytes;
        }
    }

    /**
     * Describes a codec.
     *
     * <p>Threading: confined to one thread.
     *
     * @param <T> type of the values
     */
    public static final class Builder<T> {
        private final String id;
        private final int version;
        private final Class<T> type;
        private final Map<Integer, KryoClass<?>> classes = new TreeMap<>();
        private boolean references;
        private int lengthMax = LENGTH_MAX_DEFAULT;
        private int elementCountMax = ELEMENT_COUNT_MAX_DEFAULT;

        private Builder(final String id, final int version, final Class<T> type) {
            this.id = Objects.requireNonNull(id, "id");
            this.version = version;
            this.type = Objects.requireNonNull(type, "type");
        }

        /**
         * Registers a class with the serializer that Kryo chooses.
         *
         * @param number stands for the class in the bytes, {@link #NUMBER_MIN} or more; never give it to another class
         * @param registered the class, not an interface or an abstract class
         * @return this
         */
        public Builder<T> register(final int number, final Class<?> registered) {
            return register(new KryoClass<>(number, registered, null));
        }

        /**
         * Registers a class with a serializer.
         *
         * @param number stands for the class in the bytes, {@link #NUMBER_MIN} or more; never give it to another class
         * @param registered the class
         * @param serializer makes a serializer for one Kryo; its class is part of the schema, so it is a named one
         * @param <C> the class
         * @return this
         */
        public <C> Builder<T> register(
                final int number, final Class<C> registered, final Function<Kryo, Serializer<C>> serializer) {
            return register(new KryoClass<>(number, registered, Objects.requireNonNull(serializer, "serializer")));
        }

        private Builder<T> register(final KryoClass<?> registered) {
            if (registered.number() < NUMBER_MIN) {
                throw new ConfigurationException("number of a class is one of Kryo's own: class="
                        + registered.type().getName() + " number=" + registered.number() + " allowed=" + NUMBER_MIN
                        + " or more");
            }
            for (final KryoClass<?> other : classes.values()) {
                if (other.number() == registered.number() || other.type() == registered.type()) {
                    throw new ConfigurationException("class or number is registered twice: class="
                            + registered.type().getName() + " number=" + registered.number() + " and class="
                            + other.type().getName() + " number=" + other.number());
                }
            }
            classes.put(registered.number(), registered);
            return this;
        }

        /**
         * Writes an object that occurs twice in a value once, so that graphs with cycles can be written. Part of the
         * schema.
         *
         * @param wanted false by default
         * @return this
         */
        public Builder<T> references(final boolean wanted) {
            references = wanted;
            return this;
        }

        /**
         * Limits the bytes of a value. May be raised later; lowering it makes longer values unreadable.
         *
         * @param lengthMaxOfValue bytes, 1 or more, {@link #LENGTH_MAX_DEFAULT} by default
         * @return this
         */
        public Builder<T> lengthMax(final int lengthMaxOfValue) {
            lengthMax = lengthMaxOfValue;
            return this;
        }

        /**
         * Limits the elements that the collections, maps and arrays of objects of a value have together. May be raised
         * later; lowering it makes larger values unreadable.
         *
         * @param elementCountMaxOfValue elements, {@link #ELEMENT_COUNT_MAX_DEFAULT} by default
         * @return this
         */
        public Builder<T> elementCountMax(final int elementCountMaxOfValue) {
            elementCountMax = elementCountMaxOfValue;
            return this;
        }

        /**
         * Makes the codec.
         *
         * @return the codec
         * @throws ConfigurationException when a class cannot be registered or a limit is out of range
         */
        public KryoCodec<T> build() {
            if (lengthMax < 1 || elementCountMax < 0) {
                throw new ConfigurationException("limits of a codec are out of range: codec=" + id + " lengthMax="
                        + lengthMax + " elementCountMax=" + elementCountMax);
            }
            try {
                return new KryoCodec<>(this);
            } catch (final KryoException e) {
                throw new ConfigurationException("Kryo cannot write a class: codec=" + id, e);
            }
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.codec.kryo;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Registration;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.serializers.CollectionSerializer;
import com.esotericsoftware.kryo.serializers.CompatibleFieldSerializer;
import com.esotericsoftware.kryo.serializers.DefaultSerializers;
import com.esotericsoftware.kryo.serializers.MapSerializer;
import io.quire.store.errors.ConfigurationException;
import java.lang.reflect.Array;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A Kryo that knows registered classes only and counts the elements of collections, maps and arrays, by the same rule
 * when it writes and when it reads. So what could be written can be read, and a count that was made up cannot make it
 * allocate more than the limit.
 *
 * <p>Threading: confined to one thread.
 */
final class BoundedKryo extends Kryo {
    private final String codecId;
    private final int elementCountMax;
    private long elementCount;

    BoundedKryo(final String codecId, final int elementCountMax) {
        this.codecId = codecId;
        this.elementCountMax = elementCountMax;
        setRegistrationRequired(true);
    }

    /** A value begins. */
    void begin() {
        elementCount = 0;
    }

    private void count(final int more) {
        elementCount += more;
        if (more < 0 || elementCount > elementCountMax) {
            throw new LimitExceededException(
                    "elements of collections and arrays=" + elementCount + " allowed=" + elementCountMax);
        }
    }

    @Override
    @SuppressWarnings("rawtypes") // as Kryo has it
    public Registration getRegistration(final Class type) {
        try {
            return super.getRegistration(type);
        } catch (final IllegalArgumentException e) {
            if (type == null) {
                throw e;
            }
            throw new ConfigurationException(
                    "class is not registered with its codec: codec=" + codecId + " class=" + type.getName()
                            + "; give it a number with KryoCodec.Builder.register",
                    e);
        }
    }

    /** The same serializer, with a check of counts where Kryo has none. */
    @SuppressWarnings({"rawtypes", "unchecked"}) // as Kryo has it
    static Serializer bounded(final Serializer serializer, final Class<?> type) {
        if (serializer.getClass() == CollectionSerializer.class) {
            return new BoundedCollections<>();
        }
        if (serializer.getClass() == MapSerializer.class) {
            return new BoundedMaps<>();
        }
        if (serializer.getClass() == DefaultSerializers.TreeSetSerializer.class) {
            return new BoundedTreeSets();
        }
        if (serializer.getClass() == DefaultSerializers.TreeMapSerializer.class) {
            return new BoundedTreeMaps();
        }
        return type.isArray() && !type.getComponentType().isPrimitive() ? new BoundedArrays(serializer) : serializer;
    }

    /**
     * The same serializer, with a check of the number of names that the first object of its class in a value begins
     * with.
     */
    @SuppressWarnings({"rawtypes", "unchecked"}) // as Kryo has it
    static Serializer boundedNames(final Serializer serializer) {
        return serializer instanceof CompatibleFieldSerializer ? new BoundedNames(serializer) : serializer;
    }

    private static BoundedKryo of(final Kryo kryo) {
        return (BoundedKryo) kryo;
    }

    /** A value has more elements than its codec allows. */
    static final class LimitExceededException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        LimitExceededException(final String message) {
            super(message);
        }
    }

    private static final class BoundedCollections<T extends Collection<?>> extends CollectionSerializer<T> {
        @Override
        public void write(final Kryo kryo, final Output output, final T collection) {
            of(kryo).count(collection == null ? 0 : collection.size());
            super.write(kryo, output, collection);
        }

        @Override
        protected T create(final Kryo kryo, final Input input, final Class<? extends T> type, final int size) {
            of(kryo).count(size);
            return super.create(kryo, input, type, size);
        }
    }

    private static final class BoundedMaps<T extends Map<?, ?>> extends MapSerializer<T> {
        @Override
        public void write(final Kryo kryo, final Output output, final T map) {
            of(kryo).count(map == null ? 0 : map.size());
            super.write(kryo, output, map);
        }

        @Override
        protected T create(final Kryo kryo, final Input input, final Class<? extends T> type, final int size) {
            of(kryo).count(size);
            return super.create(kryo, input, type, size);
        }
    }

    @SuppressWarnings({"rawtypes", "NonApiType"}) // as Kryo has it
    private static final class BoundedTreeSets extends DefaultSerializers.TreeSetSerializer {
        @Override
        public void write(final Kryo kryo, final Output output, final TreeSet set) {
            of(kryo).count(set == null ? 0 : set.size());
            super.write(kryo, output, set);
        }

        @Override
        protected TreeSet create(
                final Kryo kryo, final Input input, final Class<? extends TreeSet> type, final int size) {
            of(kryo).count(size);
            return super.create(kryo, input, type, size);
        }
    }

    @SuppressWarnings({"rawtypes", "NonApiType"}) // as Kryo has it
    private static final class BoundedTreeMaps extends DefaultSerializers.TreeMapSerializer {
        @Override
        public void write(final Kryo kryo, final Output output, final TreeMap map) {
            of(kryo).count(map == null ? 0 : map.size());
            super.write(kryo, output, map);
        }

        @Override
        protected TreeMap create(
                final Kryo kryo, final Input input, final Class<? extends TreeMap> type, final int size) {
            of(kryo).count(size);
            return super.create(kryo, input, type, size);
        }
    }

    /** Each name takes a byte or more, so there are not more of them than bytes. */
    private static final class BoundedNames<T> extends Serializer<T> {
        private final Serializer<T> serializer;

        BoundedNames(final Serializer<T> serializer) {
            this.serializer = serializer;
            setAcceptsNull(serializer.getAcceptsNull());
            setImmutable(serializer.isImmutable());
        }

        @Override
        public void write(final Kryo kryo, final Output output, final T object) {
            serializer.write(kryo, output, object);
        }

        @Override
        @SuppressWarnings("unchecked") // as Kryo has it
        public T read(final Kryo kryo, final Input input, final Class<? extends T> type) {
            if (input instanceof BoundedInput bounded && !kryo.getGraphContext().containsKey(serializer)) {
                bounded.checkCount();
            }
            return serializer.read(kryo, input, type);
        }
    }

    /** Arrays of objects begin with their length and one, in variable length. */
    private static final class BoundedArrays<T> extends Serializer<T> {
        private final Serializer<T> serializer;

        BoundedArrays(final Serializer<T> serializer) {
            this.serializer = serializer;
            setAcceptsNull(serializer.getAcceptsNull());
        }

        @Override
        public void write(final Kryo kryo, final Output output, final T array) {
            of(kryo).count(array == null ? 0 : Array.getLength(array));
            serializer.write(kryo, output, array);
        }

        @Override
        public T read(final Kryo kryo, final Input input, final Class<? extends T> type) {
            final int start = input.position();
            final int lengthAndOne = input.readVarInt(true);
            of(kryo).count(lengthAndOne == 0 ? 0 : lengthAndOne - 1);
            input.setPosition(start);
            return serializer.read(kryo, input, type);
        }
    }
}

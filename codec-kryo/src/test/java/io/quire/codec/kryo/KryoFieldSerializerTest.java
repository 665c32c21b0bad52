/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.codec.kryo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.SerializerFactory;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.serializers.CollectionSerializer;
import com.esotericsoftware.kryo.serializers.CollectionSerializer.BindCollection;
import com.esotericsoftware.kryo.serializers.CompatibleFieldSerializer;
import com.esotericsoftware.kryo.serializers.DefaultArraySerializers;
import com.esotericsoftware.kryo.serializers.DefaultSerializers;
import com.esotericsoftware.kryo.serializers.DeflateSerializer;
import com.esotericsoftware.kryo.serializers.ExternalizableSerializer;
import com.esotericsoftware.kryo.serializers.FieldSerializer;
import com.esotericsoftware.kryo.serializers.FieldSerializer.Bind;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import com.esotericsoftware.kryo.serializers.MapSerializer;
import com.esotericsoftware.kryo.serializers.MapSerializer.BindMap;
import com.esotericsoftware.kryo.serializers.TaggedFieldSerializer;
import com.sun.management.ThreadMXBean;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateMismatchException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Serializers that fields, elements, keys and values are given by annotations or by who made their holder. */
class KryoFieldSerializerTest {
    static class BoundToJava {
        @Bind(serializer = JavaSerializer.class)
        Object payload;
    }

    static class BoundToExternalizable {
        @Bind(serializer = ExternalizableSerializer.class)
        Object payload;
    }

    static class OfAFactory {
        @Bind(serializerFactory = MakesJava.class)
        Object payload;
    }

    /** Makes what is not allowed. */
    public static final class MakesJava implements SerializerFactory<JavaSerializer> {
        @Override
        @SuppressWarnings("rawtypes") // as Kryo has it
        public JavaSerializer newSerializer(final Kryo kryo, final Class type) {
            return new JavaSerializer();
        }

        @Override
        @SuppressWarnings("rawtypes") // as Kryo has it
        public boolean isSupported(final Class type) {
            return true;
        }
    }

    static class Inherited extends BoundToJava {
        int count;
    }

    static class Elements {
        @BindCollection(elementClass = String.class, elementSerializer = JavaSerializer.class)
        List<String> payload;
    }

    static class Keys {
        @BindMap(keyClass = String.class, keySerializer = JavaSerializer.class)
        Map<String, String> payload;
    }

    static class MapValues {
        @BindMap(valueClass = String.class, valueSerializer = JavaSerializer.class)
        Map<String, String> payload;
    }

    static class Within {
        @Bind(valueClass = BoundToJava.class, serializer = FieldSerializer.class)
        BoundToJava payload;
    }

    static class PlainElements {
        @BindCollection(elementsCanBeNull = false)
        List<String> payload;
    }

    static class PlainMap {
        @BindMap
        Map<String, String> payload;
    }

    static class BoundTree {
        @Bind(serializer = DefaultSerializers.TreeSetSerializer.class)
        TreeSet<String> payload;
    }

    static class BoundArray {
        @Bind(serializer = DefaultArraySerializers.StringArraySerializer.class)
        String[] payload;
    }

    static class BoundNames {
        @Bind(valueClass = Plain.class, serializer = CompatibleFieldSerializer.class)
        Plain payload;
    }

    static class Plain {
        Object payload;
        List<String> names;
        int number;
    }

    private static <T> KryoCodec<T> codec(final Class<T> type) {
        return KryoCodec.builder("test", 1, type)
                .register(10, type)
                .register(11, ArrayList.class)
                .register(12, HashMap.class)
                .register(13, TreeSet.class)
                .register(14, String[].class)
                .build();
    }

    private static <T> KryoCodec<T> codec(final Class<T> type, final Function<Kryo, Serializer<T>> serializer) {
        return KryoCodec.builder("test", 1, type).register(10, type, serializer).build();
    }

    private static Function<Kryo, Serializer<Plain>> plain(final String field, final Serializer<?> serializer) {
        return kryo -> {
            final FieldSerializer<Plain> fields = new FieldSerializer<>(kryo, Plain.class);
            fields.getField(field).setSerializer(serializer);
            return fields;
        };
    }

    @ParameterizedTest
    @ValueSource(
            classes = {
                BoundToJava.class,
                BoundToExternalizable.class,
                OfAFactory.class,
                Inherited.class,
                Elements.class,
                Keys.class,
                MapValues.class,
                Within.class
            })
    void shouldRefuseAnnotationsThatBringJavaSerialization(final Class<?> type) {
        assertThatThrownBy(() -> codec(type))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll(
                        "class=" + type.getName(), "field=payload", "leave out the annotation", "register the classes");
    }

    @Test
    void shouldSayWhichFieldBringsJavaSerialization() {
        assertThatThrownBy(() -> codec(Within.class))
                .hasMessageContainingAll(
                        "Java serialization",
                        "class=" + Within.class.getName(),
                        "field=payload.payload",
                        "serializer=" + JavaSerializer.class.getName());
        assertThatThrownBy(() -> codec(BoundToExternalizable.class))
                .hasMessageContainingAll(
                        "Java serialization",
                        "field=payload ",
                        "serializer=" + ExternalizableSerializer.class.getName());
    }

    @ParameterizedTest
    @ValueSource(classes = {PlainElements.class, PlainMap.class, BoundTree.class, BoundArray.class, BoundNames.class})
    void shouldRefuseAnnotationsThatTakeLimitsAway(final Class<?> type) {
        assertThatThrownBy(() -> codec(type))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll(
                        "believes any length",
                        "class=" + type.getName(),
                        "field=payload ",
                        "serializer=com.esotericsoftware.kryo.",
                        "register the classes");
    }

    @Test
    void shouldRefuseWhatAFactoryHasGivenToFields() {
        assertThatThrownBy(() -> codec(Plain.class, plain("payload", new JavaSerializer())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("Java serialization", "field=payload ");
        assertThatThrownBy(() -> codec(Plain.class, plain("names", new CollectionSerializer<>())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("believes any length", "field=names ");
        assertThatThrownBy(() -> codec(Plain.class, plain("payload", new DeflateSerializer(new JavaSerializer()))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("hides", "field=payload ");
        assertThatThrownBy(() -> codec(Plain.class, kryo -> {
                    final FieldSerializer<Plain> fields = new CompatibleFieldSerializer<>(kryo, Plain.class);
                    fields.getField("payload").setSerializer(new JavaSerializer());
                    return fields;
                }))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("Java serialization", "field=payload ");
    }

    @Test
    @SuppressWarnings({"rawtypes", "unchecked"}) // as Kryo has it
    void shouldRefuseWhatAFactoryHasGivenToElementsKeysAndValues() {
        final CollectionSerializer<ArrayList> list = new CollectionSerializer<>();
        list.setElementClass(String.class, new JavaSerializer());
        assertThatThrownBy(() -> codec(ArrayList.class, kryo -> (Serializer) list))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("Java serialization", "class=java.util.ArrayList of=elements");
        final MapSerializer<HashMap> keys = new MapSerializer<>();
        keys.setKeyClass(String.class, new JavaSerializer());
        assertThatThrownBy(() -> codec(HashMap.class, kryo -> (Serializer) keys))
                .hasMessageContaining("of=keys");
        final MapSerializer<HashMap> values = new MapSerializer<>();
        values.setValueClass(String.class, new JavaSerializer());
        assertThatThrownBy(() -> codec(HashMap.class, kryo -> (Serializer) values))
                .hasMessageContaining("of=values");
        assertThatThrownBy(() -> codec(Plain.class, kryo -> (Serializer) new DeflateSerializer(new JavaSerializer())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("hides");
    }

    @Test
    @SuppressWarnings({"rawtypes", "unchecked"}) // as Kryo has it
    void shouldRefuseSerializersOfKryoThatBelieveAnyLengthWhenTheyAreGiven() {
        final List<Serializer> given = List.of(
                new CollectionSerializer<>(),
                new MapSerializer<>(),
                new DefaultSerializers.PriorityQueueSerializer(),
                new DefaultSerializers.TreeSetSerializer(),
                new DefaultArraySerializers.StringArraySerializer());
        final List<Class<?>> types =
                List.of(ArrayList.class, HashMap.class, PriorityQueue.class, TreeSet.class, String[].class);
        for (int i = 0; i < types.size(); i++) {
            final Serializer serializer = given.get(i);
            assertThatThrownBy(() -> codec(types.get(given.indexOf(serializer)), kryo -> serializer))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContainingAll("believes any length", "register the class without it");
        }
        assertThatThrownBy(() -> codec(
                        (Class) Plain[].class,
                        kryo -> new DefaultArraySerializers.ObjectArraySerializer(kryo, Plain[].class)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("believes any length");
        assertThat(codec((Class) ArrayList.class, kryo -> new CollectionSerializer() {})
                        .schema())
                .as("one of the user's own sees to its lengths itself")
                .contains("ArrayList");
    }

    static class Tagged {
        @TaggedFieldSerializer.Tag(1)
        String text = "text";
    }

    @Test
    void shouldRefuseChunkedEncoding() {
        assertThatThrownBy(() -> codec(Plain.class, kryo -> {
                    final CompatibleFieldSerializer<Plain> fields = new CompatibleFieldSerializer<>(kryo, Plain.class);
                    fields.getCompatibleFieldSerializerConfig().setChunkedEncoding(true);
                    return fields;
                }))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("chunked encoding", "class=" + Plain.class.getName());
        assertThatThrownBy(() -> codec(Tagged.class, kryo -> chunked(kryo, Tagged.class)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("chunked encoding", "class=" + Tagged.class.getName());
        assertThatThrownBy(() -> codec(Plain.class, kryo -> {
                    final FieldSerializer<Plain> fields = new FieldSerializer<>(kryo, Plain.class);
                    fields.getField("payload").setValueClass(Tagged.class, chunked(kryo, Tagged.class));
                    return fields;
                }))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("chunked encoding", "field=payload ");
        assertThat(codec(Tagged.class, kryo -> new TaggedFieldSerializer<>(kryo, Tagged.class))
                        .schema())
                .contains("TaggedFieldSerializer");
    }

    private static <T> TaggedFieldSerializer<T> chunked(final Kryo kryo, final Class<T> type) {
        final TaggedFieldSerializer.TaggedFieldSerializerConfig config =
                new TaggedFieldSerializer.TaggedFieldSerializerConfig();
        config.setChunkedEncoding(true);
        return new TaggedFieldSerializer<>(kryo, type, config);
    }

    /** Writes a text backwards. */
    public static final class Backwards extends Serializer<String> {
        @Override
        public void write(final Kryo kryo, final Output output, final String text) {
            output.writeString(new StringBuilder(text).reverse().toString());
        }

        @Override
        public String read(final Kryo kryo, final Input input, final Class<? extends String> type) {
            return new StringBuilder(input.readString()).reverse().toString();
        }
    }

    static class Own {
        @Bind(valueClass = String.class, serializer = Backwards.class, canBeNull = false)
        Object text = "abc";

        @Bind(optimizePositive = true)
        int number = 7;

        @Bind(variableLengthEncoding = false)
        long fixed = 8;
    }

    @Test
    void shouldTakeOtherSerializersOfFieldsAndRecordThem() {
        final KryoCodec<Own> codec = codec(Own.class);
        final Own read = KryoCodecTest.value(codec, KryoCodecTest.bytes(codec, new Own()));
        assertThat(read.text).isEqualTo("abc");
        assertThat(read.number).isEqualTo(7);
        assertThat(read.fixed).isEqualTo(8);
        assertThat(codec.schema())
                .contains("FieldSerializer(fixed long fixed,number int positive,text java.lang.Object as"
                        + " java.lang.String present by " + Backwards.class.getName() + ");");
        assertThat(codec(Plain.class).schema())
                .contains("FieldSerializer(names java.util.List<java.lang.String>,number int,payload"
                        + " java.lang.Object);");
    }

    @Test
    void shouldNotReadFieldsWhoseSerializerChanged() {
        final KryoCodec<Plain> before = codec(Plain.class, kryo -> new FieldSerializer<>(kryo, Plain.class));
        final KryoCodec<Plain> after = codec(Plain.class, plain("payload", new Backwards()));
        assertThat(before.readerOf("test", 1, before.schema())).isSameAs(before);
        assertThat(after.readerOf("test", 1, after.schema())).isSameAs(after);
        assertThatThrownBy(() -> after.readerOf("test", 1, before.schema())).isInstanceOf(StateMismatchException.class);
        assertThatThrownBy(() -> before.readerOf("test", 1, after.schema())).isInstanceOf(StateMismatchException.class);
    }

    static class Node {
        int number;
        Node next;
    }

    @Test
    void shouldTakeASerializerThatStandsInsideItself() {
        final KryoCodec<Node> codec = codec(Node.class, kryo -> {
            final FieldSerializer<Node> fields = new FieldSerializer<>(kryo, Node.class);
            fields.getField("next").setValueClass(Node.class, fields);
            return fields;
        });
        final Node first = new Node();
        first.next = new Node();
        first.next.number = 5;
        assertThat(KryoCodecTest.value(codec, KryoCodecTest.bytes(codec, first)).next.number)
                .isEqualTo(5);
        assertThat(codec.schema())
                .contains("next " + Node.class.getName() + " as " + Node.class.getName() + " by "
                        + FieldSerializer.class.getName() + ",number int)");
    }

    static class Inner {
        @Bind(valueClass = Plain.class, serializer = FieldSerializer.class)
        Plain inner;
    }

    @Test
    void shouldRecordTheFieldsOfASerializerOfAField() {
        assertThat(codec(Inner.class).schema())
                .contains(" by " + FieldSerializer.class.getName() + "(names java.util.List<java.lang.String>,number"
                        + " int,payload java.lang.Object));");
    }

    @Test
    void shouldNotAllocateByANumberOfNamesThatIsMadeUp() {
        final KryoCodec<Node> codec = codec(Node.class, kryo -> new CompatibleFieldSerializer<>(kryo, Node.class));
        final Node first = new Node();
        first.number = 4;
        first.next = new Node();
        first.next.next = new Node();
        first.next.next.number = 6;
        final byte[] bytes = KryoCodecTest.bytes(codec, first);
        final Node read = KryoCodecTest.value(codec, bytes);
        assertThat(read.number).isEqualTo(4);
        assertThat(read.next.next.number).isEqualTo(6);
        assertThat(HexFormat.of().formatHex(bytes)).as("class, two names").startsWith("0c02");
        final int names = 40_000_000;
        final byte[] madeUp = HexFormat.of().parseHex("0c" + "80b48913" + "81" + "0102");
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long before = threads.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> KryoCodecTest.value(codec, madeUp)).isInstanceOf(CorruptStoreException.class);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(names);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.codec.kryo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;
import com.esotericsoftware.kryo.serializers.JavaSerializer;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StoreFullException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class KryoCodecTest {
    static class Item {
        String name;
        int count;
        int[] sizes;

        Item() {}

        Item(final String name, final int count, final int... sizes) {
            this.name = name;
            this.count = count;
            this.sizes = sizes;
        }

        @Override
        public boolean equals(final Object other) {
            return other instanceof Item item
                    && name.equals(item.name)
                    && count == item.count
                    && Arrays.equals(sizes, item.sizes);
        }

        @Override
        public int hashCode() {
            return name.hashCode();
        }
    }

    static class Special extends Item {
        Object extra;
    }

    enum Size {
        S,
        L
    }

    record Order(String id, List<Item> items, Map<String, Size> labels) {}

    private static KryoCodec.Builder<Order> orders() {
        return KryoCodec.builder("test.order", 1, Order.class)
                .register(10, Order.class)
                .register(11, Item.class)
                .register(12, ArrayList.class)
                .register(13, HashMap.class)
                .register(14, Size.class)
                .register(15, int[].class);
    }

    private static Order order(final int itemCount) {
        final List<Item> items = new ArrayList<>();
        for (int i = 0; i < itemCount; i++) {
            items.add(new Item("item ä " + i, i, 1, 2, 3));
        }
        return new Order("o1", items, new HashMap<>(Map.of("k", Size.L)));
    }

    static <T> byte[] bytes(final KryoCodec<T> codec, final T value) {
        final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(1);
        final byte[] bytes = new byte[codec.encode(value, buffer, 3)];
        buffer.getBytes(3, bytes);
        return bytes;
    }

    static <T> T value(final KryoCodec<T> codec, final byte[] bytes) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[bytes.length + 6]);
        buffer.putBytes(3, bytes);
        return codec.decode(buffer, 3, bytes.length);
    }

    @Test
    void shouldReadWhatItWrites() {
        final KryoCodec<Order> codec = orders().build();
        final Order value = order(3);
        assertThat(value(codec, bytes(codec, value))).isEqualTo(value);
        assertThat(HexFormat.of().formatHex(bytes(codec, order(0)))).isEqualTo("0c6fb10e010f0203826b1002");
    }

    @Test
    void shouldNameClassesNumbersSerializersAndFields() {
        assertThat(orders().build().schema())
                .startsWith("kryo5;10=final ")
                .contains("KryoCodecTest$Order:com.esotericsoftware.kryo.serializers.RecordSerializer(id"
                        + " java.lang.String,items java.util.List<" + Item.class.getName() + ">,labels ")
                .contains(";11=" + Item.class.getName()
                        + ":com.esotericsoftware.kryo.serializers.FieldSerializer(count int,name java.lang.String,sizes"
                        + " int[])")
                .contains("EnumSerializer(S,L)")
                .contains(";12=java.util.ArrayList:com.esotericsoftware.kryo.serializers.CollectionSerializer;");
        assertThat(orders().references(true).build().schema()).startsWith("kryo5 references;");
    }

    @Test
    void shouldNameTheClassThatIsNotRegistered() {
        final KryoCodec<Order> codec = orders().build();
        final Order value = order(1);
        value.items().add(new Special());
        assertThatThrownBy(() -> bytes(codec, value))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll("codec=test.order", "class=" + Special.class.getName(), "register");
        assertThat(value(codec, bytes(codec, order(1)))).as("usable afterwards").isEqualTo(order(1));
    }

    @Test
    void shouldKeepToItsLimitsBothWays() {
        final KryoCodec<Order> codec =
                orders().lengthMax(200).elementCountMax(10).build();
        assertThat(value(codec, bytes(codec, order(9)))).isEqualTo(order(9));
        assertThatThrownBy(() -> bytes(codec, order(10)))
                .isInstanceOf(StoreFullException.class)
                .hasMessageContaining("allowed=10");
        final Order longName = new Order("x".repeat(201), new ArrayList<>(), new HashMap<>());
        assertThatThrownBy(() -> bytes(codec, longName))
                .isInstanceOf(StoreFullException.class)
                .hasMessageContaining("allowed=200");
        final byte[] large = bytes(orders().build(), order(100));
        assertThatThrownBy(() -> value(codec, large)).isInstanceOf(CorruptStoreException.class);
        final byte[] many = bytes(orders().build(), order(10));
        assertThatThrownBy(
                        () -> value(orders().lengthMax(1000).elementCountMax(10).build(), many))
                .isInstanceOf(CorruptStoreException.class);
        assertThat(value(codec, bytes(codec, order(9)))).isEqualTo(order(9));
    }

    @Test
    void shouldKeepElementsThatTakeNoByte() {
        final KryoCodec<ArrayList<Object>> codec = lists().build();
        final ArrayList<Object> nulls = new ArrayList<>(Collections.nCopies(1000, null));
        assertThat(bytes(codec, nulls)).hasSizeLessThan(10);
        assertThat(value(codec, bytes(codec, nulls))).isEqualTo(nulls);
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static KryoCodec.Builder<ArrayList<Object>> lists() {
        return (KryoCodec.Builder<ArrayList<Object>>)
                (KryoCodec.Builder) KryoCodec.builder("test.list", 1, ArrayList.class)
                        .register(10, ArrayList.class)
                        .register(11, Object[].class)
                        .register(12, String[].class)
                        .register(13, long[].class)
                        .register(14, byte[].class)
                        .register(15, HashMap.class);
    }

    @Test
    void shouldNotAllocateByLengthsThatAreMadeUp() {
        final KryoCodec<ArrayList<Object>> codec = lists().build();
        // A list of one element; the class of the element, then a length of 2^31 - 2.
        for (final int number : new int[] {10, 11, 12, 13, 14, 15}) {
            final byte[] bytes = HexFormat.of()
                    .parseHex("0c" + "82" + HexFormat.of().toHexDigits((byte) (number + 2)) + "00"
                            + (number == 10 ? "ffffffff3f" : "ffffffff07"));
            assertThatThrownBy(() -> value(codec, bytes))
                    .as("class %d", number)
                    .isInstanceOf(CorruptStoreException.class);
        }
        // A string of 2^31 - 2 characters.
        final byte[] text = HexFormat.of().parseHex("0c" + "82" + "03" + "00" + "ffffffff0f");
        assertThatThrownBy(() -> value(codec, text)).isInstanceOf(CorruptStoreException.class);
    }

    @Test
    void shouldRefuseEveryDamageOrReadAValue() {
        final KryoCodec<Order> codec = orders().build();
        final byte[] bytes = bytes(codec, order(3));
        final Random random = new Random(3);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            final byte[] damaged = Arrays.copyOf(bytes, i % 4 == 0 ? random.nextInt(bytes.length) : bytes.length);
            for (int j = random.nextInt(3); j >= 0 && damaged.length > 0; j--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                assertThat(value(codec, damaged)).isInstanceOf(Order.class);
            } catch (final CorruptStoreException e) {
                refused++;
                assertThat(e).hasMessageContaining("codec=test.order").hasMessageNotContaining("item");
            }
        }
        assertThat(refused).isGreaterThan(5_000);
        assertThat(value(codec, bytes)).isEqualTo(order(3));
    }

    @Test
    void shouldRefuseValuesOfAnotherTypeAndWhatFollows() {
        final KryoCodec<Order> codec = orders().build();
        final byte[] bytes = bytes(codec, order(1));
        assertThatThrownBy(() -> value(codec, Arrays.copyOf(bytes, bytes.length + 1)))
                .isInstanceOf(CorruptStoreException.class)
                .hasMessageContaining("left=1");
        assertThatThrownBy(() -> value(codec, new byte[] {0})).isInstanceOf(CorruptStoreException.class);
        assertThatThrownBy(() -> value(codec, new byte[0])).isInstanceOf(CorruptStoreException.class);
        assertThatThrownBy(() -> value(codec, new byte[] {16, 1})).isInstanceOf(CorruptStoreException.class);
    }

    @Test
    void shouldRefuseSerializersThatCannotBeTrusted() {
        final KryoCodec.Builder<Object> builder = KryoCodec.builder("test", 1, Object.class);
        assertThatThrownBy(() -> builder.register(10, PriorityQueue.class).build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("believes any length");
        assertThatThrownBy(() -> KryoCodec.builder("test", 1, Item.class)
                        .register(10, Item.class, kryo -> javaSerializer())
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("Java serialization");
    }

    @SuppressWarnings("unchecked")
    private static <T> Serializer<T> javaSerializer() {
        return new JavaSerializer();
    }

    @Test
    void shouldRefuseNumbersThatAreTaken() {
        assertThatThrownBy(() -> orders().register(9, Special.class))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("number=9");
        assertThatThrownBy(() -> orders().register(10, Special.class)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> orders().register(20, Item.class)).isInstanceOf(ConfigurationException.class);
        assertThatThrownBy(() -> orders().lengthMax(0).build()).isInstanceOf(ConfigurationException.class);
    }

    @Test
    void shouldKeepGraphsWhenReferencesAreWanted() {
        final KryoCodec<ArrayList<Object>> codec = lists().references(true).build();
        final ArrayList<Object> inner = new ArrayList<>(List.of("x"));
        final ArrayList<Object> outer = new ArrayList<>(List.of(inner, inner));
        final ArrayList<Object> read = value(codec, bytes(codec, outer));
        assertThat(read).isEqualTo(outer);
        assertThat(read.get(0)).isSameAs(read.get(1));
    }

    /** Writes half of its value, then throws. */
    private static final class Halfway extends Serializer<Item> {
        @Override
        public void write(final Kryo kryo, final Output output, final Item item) {
            output.writeInt(item.count);
            throw new IllegalStateException("planted");
        }

        @Override
        public Item read(final Kryo kryo, final Input input, final Class<? extends Item> type) {
            return new Item("", input.readInt());
        }
    }

    @Test
    void shouldPassOnWhatASerializerThrows() {
        final KryoCodec<Item> codec = KryoCodec.builder("test.item", 1, Item.class)
                .register(10, Item.class, kryo -> new Halfway())
                .build();
        assertThatThrownBy(() -> bytes(codec, new Item("x", 1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("planted");
        assertThat(codec.schema()).contains(Halfway.class.getName());
    }

    @Test
    void shouldServeThreadsAtTheSameTime() throws Exception {
        final KryoCodec<Order> codec = orders().build();
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final Runnable work = () -> {
            try {
                for (int i = 0; i < 300; i++) {
                    assertThat(value(codec, bytes(codec, order(i % 10)))).isEqualTo(order(i % 10));
                }
            } catch (final Throwable e) {
                failure.set(e);
            }
        };
        final Thread other = new Thread(work);
        other.start();
        work.run();
        other.join();
        assertThat(failure.get()).isNull();
    }
}

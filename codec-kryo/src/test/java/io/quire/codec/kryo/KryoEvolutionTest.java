/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.codec.kryo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.serializers.CompatibleFieldSerializer;
import com.esotericsoftware.kryo.serializers.FieldSerializer;
import com.esotericsoftware.kryo.serializers.TaggedFieldSerializer;
import com.esotericsoftware.kryo.serializers.VersionFieldSerializer;
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.store.ListState;
import io.quire.store.MapState;
import io.quire.store.TypedStateDescriptor;
import io.quire.store.ValueRewrite;
import io.quire.store.ValueState;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.StateMismatchException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A class of the same name in two releases, of which one has a field that the other has not, as a value, as an element
 * of a list and as a value in a map: older ones are read as they are, written newly one by one when they are put, and
 * all at once by {@code rewriteValues}.
 */
class KryoEvolutionTest {
    private static final String OLD = "@Tag(1) public String owner; @Tag(2) public long cents;";
    private static final String NEW = "@Tag(1) public String owner; @Tag(3) public String level;";
    private static final String MORE =
            "@Tag(1) public String owner; @Tag(2) public long cents; @Tag(3) @Since(1) public String level;";

    @TempDir
    Path temp;

    private DurableStateStore store;
    private ValueState<Long, Object> values;
    private ListState<Long, Object> lists;
    private MapState<Long, Integer, Object> maps;

    /** What Kryo offers for classes that change, by the rules of each. */
    private enum Rules {
        COMPATIBLE(CompatibleFieldSerializer::new, NEW),
        TAGGED(Rules::tagged, NEW),
        VERSION(VersionFieldSerializer::new, MORE); // fields can only be added

        private final BiFunction<Kryo, Class<Object>, Serializer<Object>> serializer;
        private final String newFields;

        Rules(final BiFunction<Kryo, Class<Object>, Serializer<Object>> serializer, final String newFields) {
            this.serializer = serializer;
            this.newFields = newFields;
        }

        /** That a field may go, and not be marked as deprecated only, has to be said. */
        private static Serializer<Object> tagged(final Kryo kryo, final Class<Object> type) {
            final TaggedFieldSerializer.TaggedFieldSerializerConfig config =
                    new TaggedFieldSerializer.TaggedFieldSerializerConfig();
            config.setReadUnknownTagData(true);
            return new TaggedFieldSerializer<>(kryo, type, config);
        }

        Codec<Object> codec(final int version, final ReleasedClass released) {
            return KryoEvolutionTest.codec(version, released, serializer);
        }
    }

    @SuppressWarnings("unchecked") // what the class is, is known when the test runs
    private static Codec<Object> codec(
            final int version,
            final ReleasedClass released,
            final BiFunction<Kryo, Class<Object>, Serializer<Object>> serializer) {
        final Class<Object> type = (Class<Object>) released.type;
        return KryoCodec.builder("test.order", version, type)
                .register(10, type, kryo -> serializer.apply(kryo, type))
                .build();
    }

    private ReleasedClass release(final String name, final String fields) {
        return ReleasedClass.of(temp.resolve(name), fields);
    }

    private void open(final boolean checkpointOnClose, final Codec<Object> codec) {
        if (store != null) {
            store.close();
        }
        store = DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(22)
                .checkpointIntervalNs(0)
                .checkpointOnClose(checkpointOnClose));
        values = store.state(TypedStateDescriptor.value("values", Codecs.LONG, codec));
        lists = store.state(TypedStateDescriptor.list("lists", Codecs.LONG, codec));
        maps = store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.INT, codec));
    }

    private void write(final int index, final Object order) {
        values.put((long) index, order);
        lists.add(1L, order);
        maps.put(1L, index, order);
    }

    /** A field of what each state has, in the order in which it was written. */
    private List<Object> field(final String name) {
        final List<Object> ofValues = new ArrayList<>();
        final List<Object> ofLists = new ArrayList<>();
        final List<Object> ofMaps = new ArrayList<>();
        lists.get(1L).forEach(order -> ofLists.add(ReleasedClass.get(order, name)));
        for (int i = 0; i < ofLists.size(); i++) {
            ofValues.add(ReleasedClass.get(values.get((long) i), name));
            ofMaps.add(ReleasedClass.get(maps.get(1L, i), name));
        }
        assertThat(ofLists).isEqualTo(ofValues);
        assertThat(ofMaps).isEqualTo(ofValues);
        assertThat(values.size()).isEqualTo(ofLists.size());
        assertThat(maps.size(1L)).isEqualTo(ofLists.size());
        return ofValues;
    }

    private static long rewrite(final ValueRewrite rewriting) {
        while (!rewriting.run(1_000_000)) {
            assertThat(rewriting.isComplete()).isFalse();
        }
        return rewriting.rewrittenCount();
    }

    @ParameterizedTest
    @CsvSource({
        "COMPATIBLE, true",
        "COMPATIBLE, false",
        "TAGGED, true",
        "TAGGED, false",
        "VERSION, true",
        "VERSION, false"
    })
    void shouldReadWhatAnEarlierReleaseWroteAndRewriteItWhenItIsPut(final Rules rules, final boolean checkpoint) {
        final ReleasedClass first = release("first", OLD);
        final ReleasedClass second = release("second", rules.newFields);
        open(checkpoint, rules.codec(1, first));
        for (int i = 0; i < 4; i++) {
            write(i, first.with("owner", "owner" + i, "cents", 100L + i));
        }
        open(checkpoint, rules.codec(2, second));
        assertThat(field("owner")).containsExactly("owner0", "owner1", "owner2", "owner3");
        assertThat(field("level")).containsExactly(null, null, null, null);
        write(4, second.with("owner", "owner4", "level", "gold"));
        values.put(1L, second.with("owner", "owner1", "level", "silver"));
        maps.put(1L, 1, second.with("owner", "owner1", "level", "silver"));
        lists.update(1L, elementsWith(1, second.with("owner", "owner1", "level", "silver")));
        open(checkpoint, rules.codec(2, second));
        assertThat(field("owner")).containsExactly("owner0", "owner1", "owner2", "owner3", "owner4");
        assertThat(field("level")).containsExactly(null, "silver", null, null, "gold");
        assertThat(rewrite(values.rewriteValues()))
                .as("the others of the first release")
                .isEqualTo(3);
        assertThat(rewrite(maps.rewriteValues())).isEqualTo(3);
        assertThat(rewrite(lists.rewriteValues()))
                .as("a list is put as a whole")
                .isZero();
        open(checkpoint, rules.codec(2, second));
        assertThat(field("owner")).containsExactly("owner0", "owner1", "owner2", "owner3", "owner4");
        assertThat(field("level")).containsExactly(null, "silver", null, null, "gold");
        assertThat(rewrite(values.rewriteValues())).as("nothing is left").isZero();
        store.close();
    }

    private List<Object> elementsWith(final int index, final Object order) {
        final List<Object> elements = new ArrayList<>();
        lists.get(1L).forEach(elements::add);
        elements.set(index, order);
        return elements;
    }

    /** Elements of both releases in one list, which is rewritten by no put. */
    @ParameterizedTest
    @CsvSource({"COMPATIBLE", "TAGGED", "VERSION"})
    void shouldRewriteListsOfElementsOfBothReleases(final Rules rules) {
        final ReleasedClass first = release("first", OLD);
        final ReleasedClass second = release("second", rules.newFields);
        open(false, rules.codec(1, first));
        write(0, first.with("owner", "old", "cents", 1L));
        open(false, rules.codec(2, second));
        write(1, second.with("owner", "new", "level", "gold"));
        assertThat(rewrite(lists.rewriteValues())).isEqualTo(1);
        open(false, rules.codec(2, second));
        assertThat(field("owner")).containsExactly("old", "new");
        assertThat(field("level")).containsExactly(null, "gold");
        assertThat(rewrite(lists.rewriteValues())).isZero();
        store.close();
    }

    /** Back to the release before: where fields have names or tags, it leaves out those that it does not know. */
    @ParameterizedTest
    @CsvSource({"COMPATIBLE", "TAGGED"})
    void shouldReadWhatALaterReleaseWroteWhereFieldsAreTold(final Rules rules) {
        final ReleasedClass first = release("first", OLD);
        final ReleasedClass second = release("second", rules.newFields);
        open(false, rules.codec(2, second));
        write(0, second.with("owner", "new", "level", "gold"));
        open(false, rules.codec(1, first));
        assertThat(field("owner")).containsExactly("new");
        assertThat(field("cents")).containsExactly(0L);
        write(1, first.with("owner", "old", "cents", 7L));
        open(true, rules.codec(2, second));
        assertThat(field("owner")).containsExactly("new", "old");
        assertThat(field("level")).containsExactly("gold", null);
        store.close();
    }

    @Test
    void shouldRefuseFieldsThatNothingTellsInListsAndMapsToo() {
        final ReleasedClass first = release("first", OLD);
        final ReleasedClass second = release("second", NEW);
        open(true, codec(1, first, FieldSerializer::new));
        write(0, first.with("owner", "old", "cents", 1L));
        final Codec<Object> changed = codec(2, second, FieldSerializer::new);
        assertThatThrownBy(() -> store.state(TypedStateDescriptor.list("lists", Codecs.LONG, changed)))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("state=lists");
        assertThatThrownBy(() -> store.state(TypedStateDescriptor.map("maps", Codecs.LONG, Codecs.INT, changed)))
                .isInstanceOf(StateMismatchException.class)
                .hasMessageContaining("state=maps");
        assertThat(field("owner")).containsExactly("old");
        store.close();
    }
}

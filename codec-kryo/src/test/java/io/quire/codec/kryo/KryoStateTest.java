/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.codec.kryo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.serializers.TaggedFieldSerializer;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import io.quire.checkpoint.DurableStateStore;
import io.quire.checkpoint.DurableStoreContext;
import io.quire.store.ValueState;
import io.quire.store.codec.Codec;
import io.quire.store.codec.Codecs;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StateMismatchException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kryo's values in a store that is closed and opened again. */
class KryoStateTest {
    static class Account {
        String owner;
        long cents;
        Level level;

        Account() {}

        Account(final String owner, final long cents, final Level level) {
            this.owner = owner;
            this.cents = cents;
            this.level = level;
        }
    }

    static class Unknown extends Account {}

    enum Level {
        BASIC,
        GOLD
    }

    /** The same number, other fields. */
    static class Changed {
        String owner;
        int cents;
    }

    static class Tagged {
        @TaggedFieldSerializer.Tag(1)
        String owner;

        @TaggedFieldSerializer.Tag(2)
        long cents;
    }

    @TempDir
    Path temp;

    private DurableStateStore open(final boolean checkpointOnClose) {
        return DurableStateStore.open(new DurableStoreContext()
                .directory(temp.resolve("store"))
                .windowShift(22)
                .checkpointIntervalNs(0)
                .checkpointOnClose(checkpointOnClose));
    }

    private static KryoCodec.Builder<Account> accounts() {
        return KryoCodec.builder("test.account", 1, Account.class)
                .register(10, Account.class)
                .register(11, Level.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldFindValuesAgainFromCheckpointAndFromLog(final boolean checkpointOnClose) {
        try (DurableStateStore store = open(checkpointOnClose)) {
            final ValueState<String, Account> state =
                    store.valueState("accounts", Codecs.STRING, accounts().build());
            for (int i = 0; i < 1000; i++) {
                state.put("a" + i, new Account("owner" + i, i, Level.GOLD));
            }
        }
        try (DurableStateStore store = open(checkpointOnClose)) {
            // Another class is known now, which changes the schema and nothing else.
            final Codec<Account> more = accounts().register(12, Tagged.class).build();
            final ValueState<String, Account> state = store.valueState("accounts", Codecs.STRING, more);
            state.put("new", new Account("n", 5, Level.BASIC));
        }
        try (DurableStateStore store = open(checkpointOnClose)) {
            final Codec<Account> more = accounts().register(12, Tagged.class).build();
            final ValueState<String, Account> state = store.valueState("accounts", Codecs.STRING, more);
            assertThat(state.size()).isEqualTo(1001);
            for (int i = 0; i < 1000; i++) {
                final Account account = state.get("a" + i);
                assertThat(account.owner).isEqualTo("owner" + i);
                assertThat(account.cents).isEqualTo(i);
                assertThat(account.level).isSameAs(Level.GOLD);
            }
            assertThat(state.get("new").level).isSameAs(Level.BASIC);
        }
    }

    @Test
    void shouldLeaveNothingWhenAClassIsNotRegistered() {
        final Codec<Account> codec = accounts().build();
        try (DurableStateStore store = open(false)) {
            final ValueState<String, Account> state = store.valueState("accounts", Codecs.STRING, codec);
            state.put("fine", new Account("o", 1, null));
            assertThatThrownBy(() -> state.put("bad", new Unknown()))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContainingAll("test.account", Unknown.class.getName());
            assertThat(state.size()).isEqualTo(1);
        }
        try (DurableStateStore store = open(false)) {
            final ValueState<String, Account> state = store.valueState("accounts", Codecs.STRING, codec);
            assertThat(state.size()).isEqualTo(1);
            assertThat(state.get("fine").owner).isEqualTo("o");
        }
    }

    @Test
    void shouldRefuseClassesWhoseBytesWouldBeMisread() {
        try (DurableStateStore store = open(true)) {
            store.valueState("accounts", Codecs.STRING, accounts().build()).put("a", new Account("o", 1, null));
            final Codec<Changed> changed = KryoCodec.builder("test.account", 1, Changed.class)
                    .register(10, Changed.class)
                    .register(11, Level.class)
                    .build();
            assertThatThrownBy(() -> store.valueState("accounts", Codecs.STRING, changed))
                    .isInstanceOf(StateMismatchException.class)
                    .hasMessageContainingAll("state=accounts", "cents long", "cents int", "nothing was changed");
            final Codec<Account> fewer = KryoCodec.builder("test.account", 1, Account.class)
                    .register(10, Account.class)
                    .build();
            assertThatThrownBy(() -> store.valueState("accounts", Codecs.STRING, fewer))
                    .isInstanceOf(StateMismatchException.class)
                    .hasMessageContaining("there is none of its number");
            assertThatThrownBy(() -> store.valueState(
                            "accounts",
                            Codecs.STRING,
                            accounts().references(true).build()))
                    .isInstanceOf(StateMismatchException.class)
                    .hasMessageContaining("references");
            assertThat(store.valueState("accounts", Codecs.STRING, accounts().build())
                            .get("a")
                            .owner)
                    .isEqualTo("o");
        }
    }

    @Test
    void shouldLetConstantsBeAddedAtTheEndAndFieldsWhereBytesTellThem() {
        final String written =
                "11=final io.Level:com.esotericsoftware.kryo.serializers.DefaultSerializers$EnumSerializer(";
        assertThat(KryoClass.reads(written + "A,B,C)", written + "A,B)")).isTrue();
        assertThat(KryoClass.reads(written + "A,BC)", written + "A,B)")).isFalse();
        assertThat(KryoClass.reads(written + "B,A)", written + "A,B)")).isFalse();
        assertThat(KryoClass.reads(written + "A)", written + "A,B)")).isFalse();
        assertThat(KryoClass.reads("11=io.C:FieldSerializer(a int,b int)", "11=io.C:FieldSerializer(a int)"))
                .isFalse();
        assertThat(KryoClass.reads(null, written)).isFalse();
        final Codec<Tagged> tagged = KryoCodec.builder("test.tagged", 1, Tagged.class)
                .register(10, Tagged.class, kryo -> new TaggedFieldSerializer<>(kryo, Tagged.class))
                .build();
        assertThat(tagged.schema()).endsWith(":com.esotericsoftware.kryo.serializers.TaggedFieldSerializer");
    }

    @Test
    void shouldNotTouchJavaSerialization() {
        final JavaClasses classes = new ClassFileImporter()
                .withImportOption(location -> !location.contains("/test-classes/"))
                .importPackages("io.quire.codec");
        assertThat(classes).isNotEmpty();
        ArchRuleDefinition.noClasses()
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(ObjectInputStream.class, ObjectOutputStream.class)
                .check(classes);
        ArchRuleDefinition.classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java..",
                        "io.quire.codec.kryo",
                        "io.quire.store.codec",
                        "io.quire.store.errors",
                        "com.esotericsoftware.kryo..",
                        "org.agrona")
                .check(classes);
    }
}

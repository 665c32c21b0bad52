/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SchemaTest {
    @Test
    void shouldReadWhatItWrites() {
        for (final String text : List.of(
                "long",
                "enum()",
                "enum(A,B_2)",
                "list(list(optional(bytes)))",
                "map(string,set(uuid))",
                "record()",
                "record(a:int,b:record(c:string?)?,d:optional(instant))",
                "custom(\"a\\\"b\\\\c\",12,\"x,y)\")",
                "record(größe:char,𝒳:boolean)")) {
            assertThat(SchemaParser.parse(text).text()).isEqualTo(text);
        }
    }

    @Test
    void shouldRefuseWhatIsNotASchema() {
        for (final String text : List.of(
                "",
                "int?",
                "Int",
                "long(",
                "long()",
                "list",
                "list()",
                "list(int",
                "list(int,int)",
                "list(int?)",
                "map(int)",
                "enum(A,A)",
                "enum(A,)",
                "enum",
                "record(a)",
                "record(a:int,a:int)",
                "record(a:int,)",
                "record(:int)",
                "custom(\"a\",-1,\"\")",
                "custom(\"a\",1234567890,\"\")",
                "custom(\"a\",1,\"",
                "custom(\"a\",1,\"\\",
                "custom(a,1,\"\")",
                "int int",
                "list(".repeat(100_000),
                "list(".repeat(5_000) + "int" + ")".repeat(5_000))) {
            assertThatThrownBy(() -> SchemaParser.parse(text))
                    .as(text.length() > 50 ? "long text" : text)
                    .isInstanceOf(CorruptStoreException.class);
        }
    }

    @Test
    void shouldRefuseEveryDamageOrReadIt() {
        final String text = "record(a:int,b:list(record(c:string?,d:enum(X,Y))?),e:custom(\"q\\\"\",1,\"\")?)";
        final Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            final StringBuilder damaged = new StringBuilder(text);
            for (int j = random.nextInt(4); j >= 0; j--) {
                damaged.setCharAt(random.nextInt(text.length()), "(),:?\"\\ain\ud800".charAt(random.nextInt(11)));
            }
            try {
                final Schema read = SchemaParser.parse(damaged.toString());
                assertThat(SchemaParser.parse(read.text())).isEqualTo(read);
            } catch (final CorruptStoreException e) {
                assertThat(e).hasMessageContaining("offset=");
            }
        }
    }

    @Test
    void shouldLimitDepthAndLength() {
        Codec<?> codec = Codecs.INT;
        for (int i = 1; i < Schema.DEPTH_MAX; i++) {
            codec = Codecs.list(codec);
        }
        assertThat(SchemaParser.parse(codec.schema()).text()).isEqualTo(codec.schema());
        final Codec<?> deepest = codec;
        assertThatThrownBy(() -> Codecs.list(deepest)).isInstanceOf(ConfigurationException.class);
        final Schema wide = Schema.of(
                Schema.Kind.LIST,
                new Schema(Schema.Kind.ENUM, false, List.of("x".repeat(Codec.SCHEMA_LENGTH_MAX)), List.of()));
        assertThatThrownBy(wide::text)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("too long");
    }
}

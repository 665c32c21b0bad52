/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.quire.store.errors.CorruptStoreException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random records of random types: each value survives, damage is found or harmless, and each class may change. */
class RecordCodecModelTest {
    private static final int SHAPE_COUNT = 20;
    private static final int FORM_COUNT = 3; // of each shape, one after the other
    private static final int VALUE_COUNT = 20; // of each form

    @TempDir
    Path temp;

    @Test
    void shouldKeepEveryValueOfEveryShapeThroughEveryChange() throws Exception {
        final long seed = Long.getLong("seed", System.nanoTime());
        try {
            run(seed);
        } catch (final Exception | AssertionError e) {
            throw new AssertionError(
                    "seed=" + seed + " replay: mvn test -pl store-core -Dtest=RecordCodecModelTest -Dseed=" + seed
                            + "\n" + e,
                    e);
        }
    }

    private void run(final long seed) throws Exception {
        final Random random = new Random(seed);
        final List<RecordShape> records = new ArrayList<>();
        final List<List<RecordShape>> histories = new ArrayList<>();
        for (int i = 0; i < SHAPE_COUNT; i++) {
            final List<RecordShape> forms = new ArrayList<>();
            forms.add(RecordShape.record(random, 4, records));
            while (forms.size() < FORM_COUNT) {
                forms.add(forms.get(forms.size() - 1).evolved(random, false, records));
            }
            histories.add(forms);
        }
        try (URLClassLoader loader = compile(records)) {
            for (final List<RecordShape> forms : histories) {
                tryHistory(random, forms, loader);
            }
        }
    }

    private URLClassLoader compile(final List<RecordShape> records) throws Exception {
        final StringBuilder source = new StringBuilder("package generated;\nimport java.util.*;\n"
                + "import java.time.Instant;\nimport io.quire.store.codec.RecordShape.Color;\n");
        records.forEach(record -> source.append(record.declaration()));
        final Path file = temp.resolve("Generated.java");
        Files.writeString(file, source);
        final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        final StringWriter messages = new StringWriter();
        final boolean compiled = compiler.getTask(
                        messages,
                        null,
                        null,
                        List.of(
                                "-d",
                                temp.toString(),
                                "-proc:none",
                                "-classpath",
                                System.getProperty("java.class.path")),
                        null,
                        compiler.getStandardFileManager(null, null, null).getJavaFileObjects(file))
                .call();
        assertThat(compiled).as(messages.toString()).isTrue();
        return new URLClassLoader(new URL[] {temp.toUri().toURL()}, RecordCodecModelTest.class.getClassLoader());
    }

    @SuppressWarnings("unchecked")
    private static Codec<Object> codec(final RecordShape shape, final ClassLoader loader) throws Exception {
        return (Codec<Object>) (Codec<?>) Codecs.record(shape.type(loader));
    }

    private static void tryHistory(final Random random, final List<RecordShape> forms, final ClassLoader loader)
            throws Exception {
        for (int form = 0; form < forms.size(); form++) {
            final RecordShape shape = forms.get(form);
            final Codec<Object> codec = codec(shape, loader);
            assertThat(SchemaParser.parse(codec.schema()).text()).isEqualTo(codec.schema());
            final RecordShape next = forms.get(Math.min(form + 1, forms.size() - 1));
            final Codec<Object> newer = codec(next, loader).readerOf(codec.id(), 1, codec.schema());
            for (int i = 0; i < VALUE_COUNT; i++) {
                final Object value = shape.value(random, loader);
                final byte[] bytes = Encoded.bytes(codec, value);
                assertThat(Encoded.value(codec, bytes)).as(codec.schema()).isEqualTo(value);
                tryDamage(random, codec, bytes);
                assertThat(Encoded.value(newer, bytes))
                        .as("%s read as %s", codec.schema(), next.declaration())
                        .isEqualTo(shape == next ? value : shape.converted(value, next, loader));
                tryDamage(random, newer, bytes);
            }
        }
    }

    private static void tryDamage(final Random random, final Codec<Object> codec, final byte[] bytes) {
        final byte[] damaged = Arrays.copyOf(bytes, Math.max(0, bytes.length + random.nextInt(5) - 3));
        for (int i = random.nextInt(3); i > 0 && damaged.length > 0; i--) {
            damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
        }
        try {
            assertThat(Encoded.value(codec, damaged)).isNotNull();
        } catch (final CorruptStoreException e) {
            assertThat(e).hasMessageContaining("damaged");
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.codec.kryo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.tools.ToolProvider;

/** A class as one release of a program has it, compiled when the test runs, so that another release has another one. */
final class ReleasedClass {
    static final String NAME = "released.Order";

    final Class<?> type;

    private ReleasedClass(final Class<?> type) {
        this.type = type;
    }

    /** Compiles a class of public fields, each with its annotations, such as {@code public String owner;}. */
    static ReleasedClass of(final Path directory, final String fields) {
        try {
            final Path source =
                    Files.createDirectories(directory.resolve("released")).resolve("Order.java");
            Files.writeString(
                    source,
                    "package released;\nimport com.esotericsoftware.kryo.serializers.TaggedFieldSerializer.Tag;\n"
                            + "import com.esotericsoftware.kryo.serializers.VersionFieldSerializer.Since;\n"
                            + "public class Order { " + fields + " }\n",
                    StandardCharsets.UTF_8);
            final int result = ToolProvider.getSystemJavaCompiler()
                    .run(
                            null,
                            null,
                            null,
                            "-proc:none",
                            "-d",
                            directory.toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            source.toString());
            assertThat(result).isZero();
            return new ReleasedClass(load(directory));
        } catch (final IOException | ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static Class<?> load(final Path directory) throws MalformedURLException, ClassNotFoundException {
        final URL[] urls = {directory.toUri().toURL()};
        return Class.forName(NAME, true, new URLClassLoader(urls, ReleasedClass.class.getClassLoader()));
    }

    /** Makes an object: names and values of its fields, one after the other. */
    Object with(final Object... fields) {
        try {
            final Object object = type.getConstructor().newInstance();
            for (int i = 0; i < fields.length; i += 2) {
                type.getField((String) fields[i]).set(object, fields[i + 1]);
            }
            return object;
        } catch (final ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    static Object get(final Object object, final String field) {
        try {
            return object.getClass().getField(field).get(object);
        } catch (final ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads the name of a file or directory, in any encoding.
 *
 * <p>Threading: thread-safe, stateless.
 */
public final class PathConverter implements ITypeConverter<Path> {
    @Override
    public Path convert(final String value) {
        if (value.isEmpty()) {
            throw new TypeConversionException("the name is empty");
        }
        try {
            return FileName.path(value);
        } catch (final IllegalArgumentException e) {
            throw new TypeConversionException("no file can have this name");
        }
    }
}

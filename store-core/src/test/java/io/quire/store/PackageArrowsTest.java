/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.Externalizable;
import java.io.ObjectInput;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import java.io.ObjectOutput;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The arrows between the packages of this module point down only. */
class PackageArrowsTest {
    private static JavaClasses classes;

    @BeforeAll
    static void importClasses() {
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        classes = new ClassFileImporter()
                .withImportOption(location -> !location.contains("/test-classes/"))
                .importPackages("io.quire.store");
    }

    @Test
    void shouldPointDownOnly() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("states")
                .definedBy("io.quire.store")
                .layer("catalog")
                .definedBy("io.quire.store.catalog")
                .layer("tables")
                .definedBy("io.quire.store.table")
                .layer("change log")
                .definedBy("io.quire.store.changelog")
                .layer("codecs")
                .definedBy("io.quire.store.codec")
                .layer("memory")
                .definedBy("io.quire.store.memory")
                .layer("errors")
                .definedBy("io.quire.store.errors")
                .whereLayer("states")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("catalog")
                .mayOnlyBeAccessedByLayers("states")
                .whereLayer("tables")
                .mayOnlyBeAccessedByLayers("states", "catalog")
                .whereLayer("change log")
                .mayOnlyBeAccessedByLayers("states")
                .whereLayer("codecs")
                .mayOnlyBeAccessedByLayers("states", "catalog")
                .whereLayer("memory")
                .mayOnlyBeAccessedByLayers("states", "catalog", "tables", "change log")
                .check(classes);
    }

    /** Neither to read it, which runs code of the writer's choice, nor to write it. */
    @Test
    void shouldNotTouchJavaSerialization() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(
                        ObjectInputStream.class,
                        ObjectOutputStream.class,
                        ObjectInput.class,
                        ObjectOutput.class,
                        Externalizable.class,
                        ObjectInputFilter.class)
                .check(classes);
        assertThat(classes).hasSizeGreaterThan(100);
    }

    @Test
    void shouldHaveNoCycles() {
        slices().matching("io.quire.store.(*)..").should().beFreeOfCycles().check(classes);
    }
}

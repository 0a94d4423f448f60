-- Written by amphora deploy from the site's catalog; changes here are lost.
help([=[samtools 1.21 - Tools for "SAM" [and $BAM] {x

channel   candidate
commands  samtools, bgzip
homepage  https://www.htslib.org/
licence   MIT
cite      doi:10.1093/gigascience/giab008
image     sha256:d12ffeedb0a53a30aa8cdcb769592c2ded36a2537dff5c4c6e8bab4733eb01c0
contact   ann@example.org]=])
whatis("Name: samtools")
whatis("Version: 1.21")
whatis("Description: Tools for \"SAM\" [and $BAM] {x")
whatis("URL: https://www.htslib.org/")
whatis("Keywords: bam, cram")
conflict("samtools-native")
prepend_path("PATH", "/site/commands/samtools/1.21/bin")
setenv("REF_CACHE", "/ref/%2s/%s")
extensions("bgzip/1.21")

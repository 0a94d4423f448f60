-- Written by amphora deploy from the site's catalog; changes here are lost.
help([=[samtools 1.10 - Tools for "SAM" [and $BAM] {x

channel   withdrawn
commands  samtools, bgzip
homepage  https://www.htslib.org/
licence   MIT
cite      doi:10.1093/gigascience/giab008
image     sha256:aa672d37ec3c3f8002f2a87bba68fd3c2281f1935020cc0e2840276a9de14d78
contact   ann@example.org]=])
whatis("Name: samtools")
whatis("Version: 1.10")
whatis("Description: Tools for \"SAM\" [and $BAM] {x")
whatis("URL: https://www.htslib.org/")
whatis("Keywords: bam, cram")
if mode() == "load" then
   LmodError("samtools/1.10 is withdrawn: wrong results ]==] on CRAM; use samtools/1.20")
end
conflict("samtools-native")
prepend_path("PATH", "/site/commands/samtools/1.10/bin")
setenv("REF_CACHE", "/ref/%2s/%s")
extensions("bgzip/1.10")
